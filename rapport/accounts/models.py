"""The nouns of staff: a person who signs in by mail address, and the trail of what they read and changed."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from rapport.accounts.rights import ROLES


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, *, password: str, role: str, name: str = "") -> "User":
        assert role in ROLES, f"a role is one of {', '.join(ROLES)}"
        user = self.model(email=email.strip().lower(), role=role, name=name)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A member of staff."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=150, blank=True, default="")
    role = models.CharField(max_length=31, choices=[(role, role) for role in ROLES])
    is_active = models.BooleanField(default=True)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"

    def may(self, right: str) -> bool:
        return self.is_active and right in ROLES[self.role]

    def __str__(self) -> str:
        return self.name or self.email

    def get_username(self) -> str:
        return self.email

    def get_full_name(self) -> str:
        return str(self)

    @property
    def initials(self) -> str:
        words = str(self).replace("@", " ").replace(".", " ").split()
        return "".join(word[0] for word in words[:2]).upper()


class AuditEntry(models.Model):
    """Who read or changed what, and when. Written once."""

    id = models.BigAutoField(primary_key=True)
    at_us = models.BigIntegerField(db_index=True)
    by = models.CharField(max_length=254)  # a mail address of staff, or "command line"
    deed = models.CharField(max_length=63)  # customers.read, segments.save, ...
    subject = models.CharField(max_length=255, db_index=True)  # "customer 17", "segment 3"
    facts = models.JSONField(default=dict)
