"""The command `rapport`: its words are Django commands, found in the rooms that own them.

Here alone a refusal, a wrong setting or a folder that cannot be written becomes one plain message and an exit status.
"""

import os
import sys

INTERRUPTED, PIPE_CLOSED = 130, 141


def main() -> None:
    sys.exit(run(sys.argv[1:]))


def run(words: list[str]) -> int:
    """Do what the words say; 0 when all was done, 2 when they are off."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rapport.settings")
    if words[:1] == ["demo"]:
        os.environ.setdefault("RAPPORT_DATA_DIR", "practice-data")  # practice never mixes with a company's own folder
    from rapport.run import front

    try:
        status = front.answer(words)
        sys.stdout.flush()  # here, where a closed pipe is still ours to hear of
        return status
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # `rapport ... | head`: whoever read has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except Exception as trouble:
        if plain := front.plain_words(trouble):
            sys.stderr.write(f"{plain}\n")
            return 2
        raise


if __name__ == "__main__":
    main()
