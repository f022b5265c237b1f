"""The words of mail servers, in small letters, with bars between; a star stands for up to 60 characters.

Addresses and links are taken out before ("@" stands in their place), so no word inside an address counts. The first
table that fits gives the reason: what is surer, or more special, stands above what is vague.
"""

MAILBOX_FULL = """
full mailbox | mailbox*full | mailbox*over quota | mailbox*exceed | mailbox size limit | mailbox for*is full | mail box full |
over quota | overquota | over disk quota | over the allowed quota | over*storage limit | out of storage space | exceed*their quota |
exceed*his*quota | exceed*storage | quota exceeded | quota has been exceeded | quota violation | quota full | exceeded*quota |
exceeds*quota | too much mail stored | insufficient disk space*mailbox | not enough storage space | no space left on | user is over |
account is full | account is over | inbox is full | inbox*over quota | maildir over | maildir delivery failed: userdisk quota |
maximum size*mailbox | recipient storage full | disk quota | disc quota | rcpt quota | mailfolder is full | message store full |
postfach*voll | postfach*überfüllt | speicherplatz*erschöpft | boîte*pleine | boite*pleine | quota dépassé | espace*insuffisant |
buzón*lleno | bandeja*llena | cuota*excedida | casella*piena | casella*esaurit | caixa*cheia | cota*excedida | postbus*vol |
skrzynka*przepełniona | skrzynka*pełna | ящик*переполнен | почтовый ящик*полон | メールボックス*一杯 | 容量*超 | 邮箱*已满 | 信箱*已满 |
邮箱空间不足 | 超出配额
"""
SURE_DOMAIN = """
account or domain may not exist | null mx | nullmx | no smtp service | mx record points to non-existent
"""
TOO_LARGE = """
message*too large | message*too big | message size exceed | message*exceed*size | message*exceeds*limit | message*larger than |
mail size*exceed | mail*too large | size limit | exceeds*maximum*size | exceeded*maximum*size | exceeds*maximum message |
line limit exceeded | data size exceeded | nachricht*zu groß | message*trop volumineux | mensaje*demasiado grande |
messaggio*troppo grande | mensagem*muito grande | bericht*te groot
"""
RELAY = """
relay access denied | relay denied | relay not permitted | relay operation rejected | relay prohibited | relaying denied |
relaying not | relaying to*prohibited | relaying mail to | unable to relay | cannot relay | can't relay | not relay | no relaying |
not permitted to relay | relay is not | isn't in my list of allowed rcpthosts | not in my domain | not local; please try |
not a gateway | that domain isn't in my list | loc*domain is not local
"""
DISABLED = """
account*disabled | account*deactivated | account*suspended | account*locked | account*inactive | account*on hold | account*not active |
account*blocked | account*expired | account*closed | address is disabled | address*temporarily inactive | disabled*account |
disabled recipient | disabled mailbox | disabled user | inactive account | inactive user | inactive recipient | inactive email address |
inactive mailbox | mailbox*disabled | mailbox*suspended | mailbox*frozen | mailbox*inactive | mailbox*locked | mailbox*deactivated |
deactivated mailbox | recipient*deactivated | recipient*disabled | recipient*suspend | recipient*inactive | is currently suspended |
is not active | user*disabled | user*suspended | user*inactive | user*deactivated | domain is disabled | no longer accepts mail |
temporarily locked | has been suspended | konto*gesperrt | postfach*deaktiviert | compte*désactivé | compte*suspendu | boîte*archivée |
boite*archivee | cuenta*desactivada | cuenta*suspendida | account*disattivato | conta*desativada | учетная запись*заблокирована |
ящик*заблокирован
"""
MOVED = """
user has moved | recipient has moved | address has changed | address*has been changed | has been replaced by | mailbox has moved |
moved to a new address | moved*please try | no longer with the company | no longer employed | no longer works |
mailbox owner has changed | user not local; will not forward
"""
AUTHENTICATION = """
dmarc | dkim | spf check | spf record | spf fail | spf validation | spf: | sender policy framework | sender id*fail | unauthenticated |
not authenticated | authentication required | authentication fail | authentication check | fails authentication | auth*required |
not designate*permitted sender | requires authentication | sender verification
"""
SENDER = """
sender address rejected | sender rejected | sender denied | sender is denied | sender not | sender unknown | sender verify |
sender domain | sender address*does not | sender's address | invalid sender | bad sender | backscatter | domain of sender |
your e-mail address | your email address has been | from address | mail from*rejected | mail from*denied | mail from*not exist |
envelope blocked | purported responsible address | not accepting mail from | not accept mail from you | unable to verify sender |
return path | sender was rejected | senderadresse | absender*abgelehnt | absenderadresse | expéditeur*refus | adresse d'expédition |
remitente*rechazad
"""
TOO_MANY = """
frequency limited | connection frequency | too many connections | too many concurrent | too many sessions | too many messages |
too many mails | too many emails | too many recipients | too many errors | too many unknown | too many invalid | too many bad |
too many hops from you | too many requests | too much mail | too fast | rate limit | rate-limit | ratelimit | rate that prevents |
rate control | rate of connect | rate for | throttl | connection limit | connection rate | concurren | daily*quota | hourly*limit |
daily*limit | sending limit | messages per | maximum number of messages | exceeded the maximum number | exceeded*allowed number |
unexpected volume | try again slower | slow down | receiving mail at a rate | receiving mail too quickly
"""
BLOCKED = """
banned | black list | black-list | blacklist | block list | block-list | blocklist | blocked by | blocked for | blocked from |
blocked using | has been blocked | is blocked | are blocked | temporarily blocked | client host | listed at | listed by | listed on |
spamhaus | barracuda | spamcop | sorbs | senderbase | dnsbl | rbl | reverse dns | reverse hostname | reverse lookup | rdns | ptr |
no reverse | does not resolve | doesn't resolve | cannot find your hostname | cannot find your reverse | can't determine hostname |
bad dns | generic hostname | dynamic ip | dynamic address | residential | poor reputation | bad reputation | low reputation |
reputation | your ip | ip address*not allowed | ip address*refused | ip address*rejected | ip is not | ip not |
unusual rate of unsolicited | network you use | server*not allowed to connect | not allowed to connect | connection refused by policy |
connections will not be accepted | connections not accepted | helo command rejected | helo rejected | invalid helo | helo/ehlo |
ehlo*rejected | bad helo | access from*denied | access denied*initial connection | initial connection*access denied | adresse ip*bloqu |
service refuse | service unavailable; client | greylist | graylist | graylisted | deferred due to user complaints | user complaints |
wird blockiert | gesperrte ip | está bloquead | заблокирован*адрес | is listed in | currently listed | been listed | ip listed
"""
SPAM = """
mail content denied | unacceptable content | spam | ube | uce | unsolicited | bulk mail | bulk email | mass mail | junk | phish |
suspicious | message looks like | message content rejected | content*rejected | content filter | rejected by*filter |
blocked by*filter | high probability of | blocked using our | unwanted mail | unerwünscht | pourriel | correo no deseado |
posta indesiderata | lixo eletrônico | спам | 垃圾邮件 | 迷惑メール
"""
CONTENT = """
virus | malware | infected | trojan | attachment | executable | forbidden file | mime error | malformed | 8bit | bare lf |
bare newline | improper use of | header error | headers not | message header | missing header | missing required header |
non-compliant | not rfc | rfc 5322 | rfc5322 | rfc 2822 | duplicate header | line too long | lines too long | line length | conversion |
smtputf8 | internationalized | charset | message format | dangerous
"""
TIME_OUT = """
message expired | envelope expired | message has expired | delivery time expired | delivery expired | expired |
could not be delivered for | could not be delivered within | cannot be delivered*days | not delivered within | unable to deliver*hours |
unable to deliver*minutes | retry timeout exceeded | retry time not reached | retries exceeded | time limit exceeded |
too long in queue | too long in the queue | been in the queue too long | been in queue too long | in the queue*too long |
queue too long | queued too long | queue lifetime | allowed queue period | maximum time in queue | maximum retry | timed out | timeout |
time out | time-out | conversation with*lost | lost connection | connection lost | connection dropped | connection reset |
connection closed | remote host closed | host not reachable | no longer retry | zeitüberschreitung | délai*dépassé | délai d'attente |
tiempo de espera | tempo scaduto | tempo limite | превышено время
"""
UNKNOWN_USER = """
user unknown | unknown user | user*unknown | user not found | user*not found | user does not exist | user doesn't exist |
user*does not exist | user*doesn't exist | user is unknown | user not known | user invalid | user unavailable | user doesn't have |
no such user | no such mailbox | no such recipient | no such address | no such account | no such person | no such local |
no such email | no such mail drop | no user | no mailbox | no account | no local mailbox | no one by that name |
no person by that name | not a known user | not a valid mailbox | not a valid user | not a valid recipient | not a valid address |
not a valid email | not a local | not our customer | not known here | not known at this site | not listed in*directory |
not listed in public | not a user | not exist here | not found in directory | name not found | name is not recognized | not a member |
unknown address | unknown account | unknown email | unknown local | unknown mailbox | unknown recipient | unknown to address |
unknown or illegal alias | unrouteable address | unroutable address | undeliverable address | undeliverable mailbox |
account*not exist | account*does not exist | account*doesn't exist | account not found | account*not available | account unavailable |
account is unavailable | account that you tried to reach does not exist | account has been deleted | account*terminated |
address*not exist | address*does not exist | address*doesn't exist | address not found | address*wasn't found |
address*couldn't be found | address*could not be found | address*not found | address unknown | address invalid | address*no longer |
address*not listed | address rejected: undeliverable | address rejected: @ | address you entered | recipient address rejected: invalid |
recipient*unknown | recipient*not found | recipient*not exist | recipient*does not exist | recipient*doesn't exist |
recipient*no longer | recipient*invalid | recipient no longer on server | recipient not known | recipient is not known |
recipient is not accepted | recipient is not | recipient name is not | recipient verify failed | recipientnotfound |
recipientnotfound; not found | resolver.adr.recip | mailbox unknown | mailbox*unknown | mailbox not found | mailbox*not found |
mailbox*does not exist | mailbox*doesn't exist | mailbox*not exist | mailbox*not valid | mailbox invalid | mailbox unavailable |
mailbox is unavailable | mailbox*not available | mailbox*no longer | mailbox removed | mailbox*deleted | no longer valid |
is not a valid*address | is not a recognized | is not known | is not local | has no mailbox | does not have an account |
doesn't have a*account | does not have a mailbox | doesn't handle mail | invalid address | invalid destination |
invalid final delivery userid | invalid mailbox | invalid recipient | invalid user | invalid or unknown | bad address |
bad destination mailbox | bad recipient | bad mailbox | illegal alias | illegal user | incorrect address | dosn't exist |
does not like recipient | unable to find recipient | unable to validate recipient | can't verify recipient | nonexistent |
non-existent user | deactivated due to | misspell | empfänger unbekannt | empfänger*nicht gefunden | empfänger*existiert nicht |
empfängeradresse*nicht gefunden | unbekannter empfänger | unbekannter benutzer | benutzer unbekannt | benutzer*existiert nicht |
adresse*nicht gefunden | adresse*existiert nicht | adresse*unbekannt | postfach*existiert nicht | postfach*nicht vorhanden |
kein postfach | konto*existiert nicht | destinataire inconnu | destinataire*invalide | destinataire*introuvable |
destinataire*n'existe pas | utilisateur inconnu | utilisateur*inexistant | adresse*introuvable | adresse*inconnue |
adresse*n'existe pas | compte*n'existe pas | boîte*n'existe pas | usuario desconocido | usuario*no existe | destinatario desconocido |
destinatario*no existe | dirección*no existe | dirección*no se encontró | dirección*no se ha encontrado | cuenta*no existe |
buzón*no existe | utente sconosciuto | utente*non esiste | utente*inesistente | destinatario sconosciuto | destinatario*non trovato |
indirizzo*non esiste | indirizzo*inesistente | indirizzo*non è stato trovato | casella*inesistente | casella*non esiste |
usuário desconhecido | usuário*não existe | destinatário*não existe | endereço*não existe | endereço*não foi encontrado |
caixa*não existe | conta*não existe | gebruiker onbekend | onbekende gebruiker | adres*bestaat niet | adres*niet gevonden |
nieznany użytkownik | nieznany odbiorca | użytkownik*nie istnieje | adres*nie istnieje | skrzynka*nie istnieje |
пользователь не найден | пользователь не существует | неизвестный пользователь | несуществующ | получатель*не найден |
адрес*не существует | адрес*не найден | ящик*не существует | ящик*не найден | учетная запись*не существует | 宛先*見つかりません |
宛先*存在しません | アドレス*存在しません | アドレス*見つかりません | ユーザ*存在しません | 用户不存在 | 收件人不存在 | 邮箱不存在 |
地址不存在 | 帐号不存在 | 收件人*未找到
"""
BAD_DOMAIN = """
host unknown | unknown host | unknown domain | unknown mail host | domain unknown | host not found | host*not found | domain not found |
domain*not found | domain name not found | domain does not exist | domain doesn't exist | domain*does not exist | domain*doesn't exist |
domain*not exist | domain may not exist | domain must exist | domain is not reachable | domain is unknown | domain is not valid |
domain*no mail | domain*doesn't accept mail | domain*does not accept mail | domain*doesn't receive email |
domain*does not receive email | no such domain | no such host | invalid domain | invalid host | illegal host | bad domain |
bad destination system | name service error for*type=mx: malformed | name or service not known | nxdomain | null mx | nullmx | no mx |
no mail exchanger | no mail server | no valid mail server | no a record | no smtp service | couldn't find any host |
couldn't find a mail exchanger | couldn't find any mail exchanger | cannot find your recipient's domain | could not find*domain |
all relevant mx records point to non-existent hosts | mail server*not exist | recipient domain must | recipient's domain |
name server: host not found | no route*domain | domain*existiert nicht | domäne*nicht gefunden | domaine*n'existe pas |
domaine*introuvable | dominio*no existe | dominio*non esiste | domínio*não existe | домен*не существует | домен*не найден | 域名不存在 |
host*does not accept mail
"""
NETWORK = """
network error | network is unreachable | network unreachable | no route to host | host is down | host down | host unreachable |
connection refused | couldn't connect | can't connect | cannot connect | could not connect | unable to connect | connect to |
connection attempt failed | not accept our requests to connect | host*is not responding | no answer from host | dns error | dns lookup |
dns failure | name server | name service | routing loop | mail loop | mailer loop | mail forwarding loop | loops back | looping |
too many hops | hop count | hopcount | too many received | message is looping | tls | starttls | certificate | ssl
"""
POLICY = """
policy | policies | access denied | access to*denied | permission | not permitted | not allowed | not authorized | not authorised |
unauthorized | restrict | forbidden | prohibited | rejected for | administrative | security | rule | you are not | message refused |
message rejected | message was rejected | message not accepted | message blocked | mail rejected | mail refused |
delivery not authorized | service refused | your message*rejected | transaction failed | refused by | rejected by | nicht erlaubt |
richtlinie | abgelehnt | refusé | rechazado | rifiutato | recusad | geweigerd | odrzucon | отклонен | отказано | 拒否 | 拒绝
"""
SYSTEM = """
mailer error | system error | internal error | local error | temporary error | temporary failure | temporary problem |
temporarily unavailable | local configuration | config error | misconfig | insufficient system | insufficient resource |
resources temporarily | out of memory | lock failure | can't create | cannot create | can't open | cannot open | i/o error |
permission denied | no such file | command died | exit status | error writing | error while writing | failed to read |
service unavailable | service not available | service currently unavailable | server error | server busy | system not accepting |
try again later | please try later | queue file | unable to process | processing error | procmail | pipe to
"""
PROTOCOL = """
syntax error | command*not implemented | not implemented | unrecognized command | unknown command | bad sequence | command rejected |
unimplemented | invalid command | parameter*not | protocol error | need rcpt | nested mail
"""
RCPT_WORDS = """
does not like recipient | recipient address rejected | rejected recipient | recipient rejected | invalid recipient | recipient unknown |
unknown recipient | recipientnotfound | rcpt to | recipient command | rcpt command
"""
LOCAL_WORDS = """
listed in public | name is not recognized | final delivery userid | listed in*directory | unknown local | unrouteable address |
unroutable address | local recipient table | local user | no local mailbox | this server | at this domain | at this site |
here by that name | not our customer | unknown user account | illegal alias | does not exist at the organization | resolver.adr |
virtual mailbox table | virtual alias table | relay recipient table | mailbox here | doesn't have a*account | invalid user address |
wasn't found at | couldn't be found | nicht gefunden | introuvable | no se encontr | non trovat | não foi encontrad
"""
REASON_WORDS = [
    ("bad_domain", SURE_DOMAIN),
    ("mailbox_full", MAILBOX_FULL),
    ("too_large", TOO_LARGE),
    ("relay", RELAY),
    ("disabled", DISABLED),
    ("moved", MOVED),
    ("authentication", AUTHENTICATION),
    ("sender", SENDER),
    ("too_many", TOO_MANY),
    ("blocked", BLOCKED),
    ("spam", SPAM),
    ("bad_domain", BAD_DOMAIN),
    ("unknown_user", UNKNOWN_USER),
    ("content", CONTENT),
    ("time_out", TIME_OUT),
    ("network", NETWORK),
    ("protocol", PROTOCOL),
    ("policy", POLICY),
    ("system", SYSTEM),
]
