"""Is it a person who opened or clicked, or a machine? Told by the user agent and the method alone.

Two questions decide. Does the agent carry a word that only machines carry: a crawler's name, a library's, an address to
complain to? And does it look like a browser at all: "Mozilla/5.0", a system in brackets, an engine? What fails either is
a machine, so that a new crawler needs no new line here. The tables hold what these two questions would get wrong.

Nothing here is proof of a person: a scanner may lie. Time and trap links (see the tracking of links) catch those.
"""

import re
from enum import StrEnum
from functools import lru_cache

AGENT_MAX = 1000  # characters that are looked at
CACHED_MAX = 4096
PERSONS_METHODS = {"GET", "POST"}


class Agent(StrEnum):
    """What a user agent is."""

    BROWSER = "browser"
    MAIL_PROGRAM = "mail program"
    IMAGE_PROXY = "image proxy"  # loads for a person, when that person opens
    MAIL_PRIVACY = "mail privacy"  # Apple Mail loads every image, opened or not
    SCANNER = "scanner"
    PREVIEWER = "previewer"
    HEADLESS = "headless browser"
    LIBRARY = "HTTP library"
    CRAWLER = "crawler"
    UNKNOWN = "unknown program"


PERSONS = {Agent.BROWSER, Agent.MAIL_PROGRAM, Agent.IMAGE_PROXY}
WORDS = [  # the first that fits; small letters
    (Agent.IMAGE_PROXY, r"googleimageproxy|ggpht\.com|yahoomailproxy|yahoo ?mail ?proxy|yahoocachesystem"),
    (
        Agent.SCANNER,  # mail gateways, virus scanners, security research, vulnerability scanners
        r"barracuda|proofpoint|mimecast|forcepoint|websense|trendmicro|trend micro|symantec|messagelabs|fireeye|sophos|fortinet"
        r"|fortiguard"
        r"|bitdefender|kaspersky|safebrowsing|safe ?links|urldefen[cs]e|phish|virus|malware|cloudmark|ironport|cisco ?umbrella|zscaler"
        r"|netskope|paloalto|expanse|censys|shodan|zgrab|masscan|nmap|nikto|nessus|nuclei|sqlmap|openvas|acunetix|burp|netsparker|wpscan"
        r"|dirbuster|gobuster|qualys|detectify|webinspect|leakix|internet-?measurement|netcraft|urlscan|scanner|scaninfo|scan(?:ning"
        r"|s)?\b"
        r"|nexpose|zmeu|morfeus|jorgee|l9explore|l9tcpid|hadrian|projectdiscovery",
    ),
    (
        Agent.HEADLESS,
        r"headless|phantomjs|slimerjs|puppeteer|playwright|selenium|webdriver|htmlunit|zombie\.js|cypress|prerender|rendertron|nightmare"
        r"|chrome-lighthouse|lighthouse|gtmetrix|pingdom|ptst/|webpagetest|pagespeed|speed ?curve|catchpoint|dareboost|yellowlab|splash"
        r"|wkhtml|snapshot|screenshot|thumbnail|thumbshots|page2rss|url2png|browshot|screaming frog|jsdom|happy ?dom",
    ),
    (
        Agent.PREVIEWER,  # programs that show a link's picture and title in a chat, or look at a feed
        r"facebookexternalhit|facebookcatalog|meta-external|whatsapp/|telegram|slack-?img|slackbot|discord|skypeuripreview|linkedin"
        r"|pinterest/"
        r"|twitter(?:bot)?/|viber|embedly|iframely|unfurl|preview|opengraph|bitlybot|vkshare|snap url|kakaotalk-scrap|line-?poker"
        r"|mattermost"
        r"|flipboardproxy|tumblr/|redditbot|google-pagerenderer|google web preview|google-read-aloud|feedburner|feedfetcher|feedly"
        r"|feedbin"
        r"|rss|feed ?parser|feed|newsblur|inoreader|theoldreader|podcast|akregator|netnewswire|magpie|superfeedr|bazqux|livedoor|hatena",
    ),
    (
        Agent.LIBRARY,
        r"python|aiohttp|httpx|urllib|scrapy|mechani[zs]e|curl|wget|libwww|lwp|perl|(?<!fire)php|guzzle|java[/ ]|jakarta|apache-"
        r"|httpclient|http_client"
        r"|okhttp|go-http|go http|golang|ruby|faraday|typhoeus|node-?fetch|node\.js|undici|axios|superagent|got/|got \(|postman"
        r"|insomnia|httpie"
        r"|restsharp|winhttp|wininet|\.net (?:framework )?client|dotnet|powershell|libcurl|pycurl|http\.rb|httpunit|httrack|teleport"
        r"|webcopier"
        r"|webzip|webstripper|offline explorer|getright|download(?:er)?\b|aria2|axel|lftp|fetch\b|fetcher|reqwest|hyper/|rust|erlang"
        r"|elixir|haskell"
        r"|haxe|dart[:/]|dalvik|cfnetwork|alamofire|nsurl|indy library|synapse|msxml|xmlhttp|ms web services|microsoft url control"
        r"|microsoft internet explorer|microsoft data access|microsoft-cryptoapi|microsoft bits|winhttprequest|grpc|soap|webdav"
        r"|davclnt|gvfs"
        r"|apachebench|\bab/|siege|jmeter|gatling|locust|wrk/|k6/|vegeta|hey/|loadrunner|rest-client|rest client|unirest|htmlparser"
        r"|simplepie"
        r"|colly|nutch|heritrix|larbin|snoopy|zend|wordpress/|drupal|joomla|magento|typo3|varnish|nginx|haproxy|squid|envoy|traefik"
        r"|newrelic"
        r"|datadog|prometheus|zabbix|nagios|check_http|uptime|statuscake|site24x7|monit\b|monitor|keycdn|cloudflare-|cloudfront"
        r"|fastly|akamai",
    ),
    (
        Agent.CRAWLER,
        r"(?<!cu)bot\b|bot[/_\-;,) \d.]|bots\b|robot|crawl|spider|spyder|slurp|scrap|harvest|\bindexer|archiver|archive\.org"
        r"|ia_archiver|nutch"
        r"|mediapartners|adsbot|google favicon|google-(?!tv)|googleother|apis-google|feedvalidator|validator|w3c_|w3c-|jigsaw"
        r"|checklink|link ?check"
        r"|linkwalker|link ?sleuth|linkexaminer|link valet|broken ?link|url ?check|checker|checkmark|checking|check\b|seo\b|ahrefs"
        r"|semrush|majestic"
        r"|sistrix|searchmetrics|moz\.com|dataprovider|domain(?:s|stats)|similarweb|builtwith|wappalyzer|netestate"
        r"|yandex(?!search)(?!\.alice)"
        r"|baidu(?:spider|-)|sogou (?:web|inst|head|pic|news|orion)|360spider|yeti/|daum(?!apps)|naver\.me|coccocbot|petalbot"
        r"|ask jeeves|teoma|gigablast"
        r"|search\b(?! ?lamp)|searcher|aggregat|collector|extract|\bparser|analy[sz]er|analytics|inspector|verif(?:y|ier|ication)"
        r"|discover|explorer/\d\.\d \("
        r"|agent\b|\bgpt|chatgpt|openai|anthropic|claude|perplexity|cohere|ai2|\bllm|ccbot|bytespider|amazonbot|applebot|facebot"
        r"|duckassist"
        r"|survey|research|study|census|\bproxy\b|tester|\btest\b|probe|ping|watch(?!os)|track(?!ing=)|miner|mining|grab|sucker"
        r"|reaper|snif|hunter|gather"
        r"|compatible\)|(?:\+| )https?:|;https?:|\(https?:|http://|https://|www\.|\[at\]| at [a-z]+ dot |@[a-z0-9-]+\.[a-z]",
    ),
]
MACHINE_WORDS = [(agent, re.compile(pattern)) for agent, pattern in WORDS]
MAIL_PROGRAM = re.compile(
    r"^(?:microsoft office|microsoft outlook|outlook|outlook-ios|outlook-android|thunderbird|lotus-notes|the bat|evolution|airmail"
    r"|mailmate|"
    r"postbox|em client|emclient|spark/|mozilla/\S+ .*(?:thunderbird|lotus-notes|ms-?office|microsoft outlook|outlook-ios"
    r"|outlook-android))|; msoffice"
)
NOT_A_MACHINE = re.compile(  # browsers whose names hold a machine's word, taken out before the words are asked
    r"libwww-fm[\w/.]*|cubot[\w ]*|duckduckgo/\d+(?! .*bot)|yandexsearch[\w/.]*|yabrowser[\w/.]*|yandex\.alice[\w/.]*|baidubrowser"
    r"|baiduboxapp[\w/.]*|bidubrowser"
    r"|searchlamp|sogoumobilebrowser[\w/.]*|daumapps?|naver\(|gsa/|silk-accelerated|fban|fbav/|instagram|snapchat|googletv|google tv"
    r"|internet explorer|windows-media-player|media center pc|infopath[\w.]*|\.net clr [\d.]+|\.net ?[\d.]+[ce]*"
    r"|officeliveconnector[\w.]*"
    r"|ms-rtc|flashlite[\w/.]*|java(?:platform|fx)|j2me|untrusted/[\d.]*|profile/midp|configuration/cldc|safari search|webview"
    r"|playstation portable|linkedinapp[^)]*|telegram-android[\w/.() ]*|pinterest for (?:ios|android)[\w/.]*|\[pinterest/\w+\]"
    r"|pinterest/(?:ios|android)"
    r"|twitter for \w+[\w/.]*|discord/[\d.]+ chrome|slack/[\d.]+|whatsapp/[\d.]+ [wai]$|kakaotalk [\d.]+|viber/[\d.]+ "
)
COMPATIBLE = re.compile(
    r"^mozilla/\d\.\d+ ?\(compatible[;,] *(?! |msie|konqueror|netscape|opera|googletv|windows|linux|netpositive|omniweb|icab|webtv"
    r"|ibrowse|aol|dillo)"
)
ENGINE = re.compile(
    r"applewebkit|gecko|trident|msie|presto|khtml|opera|netfront|konqueror|goanna|servo|icab|omniweb|obigo|teleca|polaris|maui|blazer"
    r"|iemobile"
    r"|webtv|netscape|dillo|netpositive|dorado|up\.browser|ucbrowser|ucweb|nokia|blackberry|series60|symbian|avantgo|playstation"
    r"|nintendo|kindle|amaya|ibrowse|voyager"
)
ADDED = re.compile(  # what no browser adds to its own line: a bare name at the end, a site's name, a remark inside the engine's brackets
    r"chrome/[\d.]+ safari/[\d.]+ (?!brave|debian)[a-z][\w-]*$|like gecko[;,] ?(?!safari)|firefox/[\d.]+ [a-z.]{4,}$"
    r"|\b[a-z][\w-]*\.(?:com|io|net|org|co|ai|fr|de)\b"
)
BROWSER_START = re.compile(r"^mozilla/\d\.\d+.{0,20}\(|^opera[/ ]\d")
OLD_BROWSER = re.compile(r"^mozilla/[1-4]\.\d+\w* ?(?:\[[\w-]+\]|\((?:x11|win|mac|os/2|beos|amiga|windows))")
OTHER_BROWSERS = re.compile(  # phones of before 2010, browsers in text, consoles
    r"^(?:nokia|polaris|sonyericsson|samsung|sec-|sgh|sch-|lg[-e/ ]|lge|lg\w+/|mot-|motorola|moto|blackberry|htc|zte|huawei|alcatel"
    r"|sie-|sagem|sharp|kddi-|docomo/"
    r"|j-phone|softbank|vodafone|palm|pantech|philips|panasonic|toshiba|kyocera|sanyo|nec-|bird|haier|kwc-|portalmmm|t-mobile|o2 "
    r"|spv |vx\d|qc-|benq"
    r"|ucweb|juc |ucbrowser|up\.browser|lynx/|links \(|links/|elinks|w3m/|dillo/|netsurf|ncsa|amaya/|ibrowse/|aweb|icab/|omniweb/"
    r"|galeon|konqueror"
    r"|playstation|psp |nintendo|wii|xbox|doris/|midori|bunjalloo|emacs-w3|uzbl|retawq|netfront|hotjava|cyberdog|voyager|contiki|nook"
    r"|opera|dolfin"
    r"|jasmine|obigo|teleca|blazer|gobrowser|skyfire|tear|msie|mobile|browsex|charon|offbyone|oregano|enigma ?browser|iceweasel"
    r"|firefox|phoenix)"
)


def is_machine(user_agent: str, method: str = "GET") -> bool:
    """Whether a request is no sign of a person: HEAD and other odd methods, machines, and Apple Mail's loading of all images."""
    return method.upper() not in PERSONS_METHODS or kind_of_agent(user_agent) not in PERSONS


@lru_cache(CACHED_MAX)
def kind_of_agent(user_agent: str) -> Agent:
    """What a user agent is; an empty one is an unknown program."""
    agent = " ".join(user_agent[:AGENT_MAX].lower().split())
    if not agent:
        return Agent.UNKNOWN
    if agent == "mozilla/5.0":
        return Agent.MAIL_PRIVACY
    asked = NOT_A_MACHINE.sub(" ", agent)
    for kind, words in MACHINE_WORDS:
        if words.search(asked):
            return kind
    if MAIL_PROGRAM.search(agent):
        return Agent.MAIL_PROGRAM
    if COMPATIBLE.search(agent) or ADDED.search(asked):
        return Agent.CRAWLER
    if (BROWSER_START.search(agent) and ENGINE.search(agent)) or OLD_BROWSER.search(agent) or OTHER_BROWSERS.search(agent):
        return Agent.BROWSER
    return Agent.UNKNOWN
