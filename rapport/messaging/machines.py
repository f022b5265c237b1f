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
        r"|fortiguard|bitdefender|kaspersky|safebrowsing|safe ?links|urldefen[cs]e|phish|virus|malware|cloudmark|ironport"
        r"|cisco ?umbrella|zscaler|netskope|paloalto|expanse|censys|shodan|zgrab|masscan|nmap|nikto|nessus|nuclei|sqlmap|openvas"
        r"|acunetix|burp|netsparker|wpscan|dirbuster|gobuster|qualys|detectify|webinspect|leakix|internet-?measurement|netcraft"
        r"|urlscan|scanner|scaninfo|scan(?:ning|s)?\b|nexpose|zmeu|morfeus|jorgee|l9explore|l9tcpid|hadrian|projectdiscovery",
    ),
    (
        Agent.HEADLESS,
        r"headless|phantomjs|slimerjs|puppeteer|playwright|selenium|webdriver|htmlunit|zombie\.js|cypress|prerender|rendertron"
        r"|nightmare|chrome-lighthouse|lighthouse|gtmetrix|pingdom|ptst/|webpagetest|pagespeed|speed ?curve|catchpoint|dareboost"
        r"|yellowlab|splash|wkhtml|snapshot|screenshot|thumbnail|thumbshots|page2rss|url2png|browshot|screaming frog|jsdom"
        r"|happy ?dom",
    ),
    (
        Agent.PREVIEWER,  # programs that show a link's picture and title in a chat, or look at a feed
        r"facebookexternalhit|facebookcatalog|meta-external|whatsapp/|telegram|slack-?img|slackbot|discord|skypeuripreview"
        r"|linkedin|pinterest/|twitter(?:bot)?/|viber|embedly|iframely|unfurl|preview|opengraph|bitlybot|vkshare|snap url"
        r"|kakaotalk-scrap|line-?poker|mattermost|flipboardproxy|tumblr/|redditbot|google-pagerenderer|google web preview"
        r"|google-read-aloud|\brss|rss\b|\bfeed|feed\b|newsblur|inoreader|theoldreader|podcast"
        r"|akregator|netnewswire|magpie|superfeedr|bazqux|livedoor|hatena",
    ),
    (
        Agent.LIBRARY,
        r"python|aiohttp|httpx|urllib|scrapy|mechani[zs]e|curl|wget|libwww|lwp|perl|(?<!fire)php|guzzle|java[/ ]|jakarta|apache-"
        r"|httpclient|http_client|okhttp|go-http|go http|golang|ruby|faraday|typhoeus|node-?fetch|node\.js|undici|axios"
        r"|superagent|got/|got \(|postman|insomnia|httpie|restsharp|winhttp|wininet|\.net (?:framework )?client|dotnet|powershell"
        r"|libcurl|pycurl|http\.rb|httpunit|httrack|teleport|webcopier|webzip|webstripper|offline explorer|getright"
        r"|download(?:er)?\b|aria2|axel|lftp|fetch\b|fetcher|reqwest|hyper/|\brust\b|erlang|elixir|haskell|haxe|dart[:/]|dalvik"
        r"|cfnetwork|alamofire|nsurl|indy library|synapse|msxml|xmlhttp|ms web services|microsoft url control"
        r"|microsoft internet explorer|microsoft data access|microsoft-cryptoapi|microsoft bits|winhttprequest|grpc|soap|webdav"
        r"|davclnt|gvfs|apachebench|\bab/|siege|jmeter|gatling|locust|wrk/|k6/|vegeta|hey/|loadrunner|rest-client|rest client"
        r"|unirest|htmlparser|simplepie|colly|nutch|heritrix|larbin|snoopy|zend|wordpress/|drupal|joomla|magento|typo3|varnish"
        r"|nginx|haproxy|squid|envoy|traefik|newrelic|datadog|prometheus|zabbix|nagios|check_http|uptime|statuscake|site24x7"
        r"|monit\b|monitor|keycdn|cloudflare-|cloudfront|fastly|akamai",
    ),
    (
        Agent.CRAWLER,
        r"(?<!cu)bot\b|bot[/_\-;,) \d.]|bots\b|robot|crawl|spider|spyder|slurp|scrap|harvest|\bindexer|archiver|archive\.org"
        r"|ia_archiver|nutch|mediapartners|adsbot|google favicon|google-(?!tv)|googleother|apis-google|feedvalidator|validator"
        r"|w3c_|w3c-|jigsaw|checklink|link ?check|linkwalker|link ?sleuth|linkexaminer|link valet|broken ?link|url ?check|checker"
        r"|checkmark|checking|check\b|seo\b|ahrefs|semrush|majestic|sistrix|searchmetrics|moz\.com|dataprovider|domain(?:s|stats)"
        r"|similarweb|builtwith|wappalyzer|netestate|yandex(?!search)(?!\.alice)|baidu(?:spider|-)|sogou (?:web|inst|head|pic"
        r"|news|orion)|360spider|yeti/|daum(?!apps)|naver\.me|coccocbot|petalbot|ask jeeves|teoma|gigablast|search\b(?! ?lamp)"
        r"|searcher|aggregat|collector|extract|\bparser|analy[sz]er|analytics|inspector|verif(?:y|ier|ication)|discover"
        r"|explorer/\d\.\d \(|agent\b|\bgpt|chatgpt|openai|anthropic|claude|perplexity|cohere|ai2|\bllm|ccbot|bytespider"
        r"|amazonbot|applebot|facebot|duckassist|survey|research|study|census|\bproxy\b|tester|\btest\b|\bprobe|\bping\b|pinger|watch(?!os)"
        r"|track(?!ing=)|miner|mining|\bgrab|sucker|reaper|snif|hunter|gather|compatible\)|(?:\+| )https?:|;https?:|\(https?:"
        r"|http://|https://|www\.|\[at\]| at [a-z]+ dot |@[a-z0-9-]+\.[a-z]",
    ),
]
MACHINE_WORDS = [(agent, re.compile(pattern)) for agent, pattern in WORDS]
MAIL_PROGRAM = re.compile(
    r"^(?:microsoft office|microsoft outlook|outlook|outlook-ios|outlook-android|thunderbird|lotus-notes|the bat|evolution"
    r"|airmail|mailmate|postbox|em client|emclient|spark/|mozilla/\S+ .*(?:thunderbird|lotus-notes|ms-?office|microsoft outlook"
    r"|outlook-ios|outlook-android))|; msoffice"
)
NOT_A_MACHINE = re.compile(  # browsers whose names hold a machine's word, taken out before the words are asked
    r"libwww-fm[\w/.]*|cubot[\w ]*|duckduckgo/\d+(?! .*bot)|yandexsearch[\w/.]*|yabrowser[\w/.]*|yandex\.alice[\w/.]*"
    r"|baidubrowser|baiduboxapp[\w/.]*|bidubrowser|searchlamp|sogoumobilebrowser[\w/.]*|daumapps?|naver\(|gsa/|silk-accelerated"
    r"|fban|fbav/|instagram|snapchat|googletv|google tv|internet explorer|windows-media-player|media center pc|infopath[\w.]*"
    r"|\.net clr [\d.]+|\.net ?[\d.]+[ce]*|officeliveconnector[\w.]*|ms-rtc|flashlite[\w/.]*|java(?:platform|fx)|j2me"
    r"|untrusted/[\d.]*|profile/midp|configuration/cldc|safari search|webview|playstation portable|linkedinapp[^)]*"
    r"|telegram-android[\w/.() ]*|pinterest for (?:ios|android)[\w/.]*|\[pinterest/\w+\]|pinterest/(?:ios|android)"
    r"|twitter for \w+[\w/.]*|discord/[\d.]+ chrome|slack/[\d.]+|whatsapp/[\d.]+ [wai]$|kakaotalk [\d.]+|viber/[\d.]+ "
)
COMPATIBLE = re.compile(
    r"^mozilla/\d\.\d+ ?\(compatible[;,] *(?! |msie|konqueror|netscape|opera|googletv|windows|linux|netpositive|omniweb|icab"
    r"|webtv|ibrowse|aol|dillo)"
)
ENGINE = re.compile(
    r"applewebkit|gecko|trident|msie|presto|khtml|opera|netfront|konqueror|goanna|servo|icab|omniweb|obigo|teleca|polaris|maui"
    r"|blazer|iemobile|webtv|netscape|dillo|netpositive|dorado|up\.browser|ucbrowser|ucweb|nokia|blackberry|series60|symbian"
    r"|avantgo|playstation|nintendo|kindle|amaya|ibrowse|voyager"
)
ADDED = re.compile(  # what no browser adds to its own line: a bare name at the end, a site's name, a remark inside the engine's brackets
    r"chrome/[\d.]+ safari/[\d.]+ (?!brave|debian)[a-z][\w-]*$|like gecko[;,] ?(?!safari)|firefox/[\d.]+ [a-z.]{4,}$"
    r"|\b[a-z][\w-]*\.(?:com|io|net|org|co|ai|fr|de)\b"
)
BROWSER_START = re.compile(r"^mozilla/\d\.\d+.{0,20}\(|^opera[/ ]\d")
OLD_BROWSER = re.compile(r"^mozilla/[1-4]\.\d+\w* ?(?:\[[\w-]+\]|\((?:x11|win|mac|os/2|beos|amiga|windows))")
OTHER_BROWSERS = re.compile(  # phones of before 2010, browsers in text, consoles
    r"^(?:nokia|polaris|sonyericsson|samsung|sec-|sgh|sch-|lg[-e/ ]|lge|lg\w+/|mot-|motorola|moto|blackberry|htc|zte|huawei"
    r"|alcatel|sie-|sagem|sharp|kddi-|docomo/|j-phone|softbank|vodafone|palm|pantech|philips|panasonic|toshiba|kyocera|sanyo|nec-"
    r"|bird|haier|kwc-|portalmmm|t-mobile|o2 |spv |vx\d|qc-|benq|ucweb|juc |ucbrowser|up\.browser|lynx/|links \(|links/|elinks"
    r"|w3m/|dillo/|netsurf|ncsa|amaya/|ibrowse/|aweb|icab/|omniweb/|galeon|konqueror|playstation|psp |nintendo|wii|xbox|doris/"
    r"|midori|bunjalloo|emacs-w3|uzbl|retawq|netfront|hotjava|cyberdog|voyager|contiki|nook|opera|dolfin|jasmine|obigo|teleca"
    r"|blazer|gobrowser|skyfire|tear|msie|mobile|browsex|charon|offbyone|oregano|enigma ?browser|iceweasel|firefox|phoenix)"
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
