"""People's browsers and mail programs are told from machines."""

import time

import pytest

from rapport.messaging.machines import Agent, is_machine, kind_of_agent

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
BROWSERS = [
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/128.0.0.0 Safari/537.36",
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/128.0.0.0 Safari/537.36 Edg/128.0.0.0",
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/127.0.0.0 Safari/537.36 OPR/113.0.0.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 Safari/605.1.15",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)",
    f"{IPHONE} Version/17.6 Mobile/15E148 Safari/604.1",
    f"{IPHONE} Mobile/15E148",
    f"{IPHONE} GSA/330.0 Mobile/15E148 Safari/604.1",
    f"{IPHONE} Mobile/15E148 [FBAN/FBIOS;FBAV/478.0]",
    f"Mozilla/5.0 (Linux; Android 14; SM-S911B) {WEBKIT} Chrome/128.0.0.0 Mobile Safari/537.36",
    f"Mozilla/5.0 (Linux; Android 10; CUBOT X19) {WEBKIT} Chrome/120.0.0.0 Mobile Safari/537.36",
    f"Mozilla/5.0 (Linux; Android 14; SAMSUNG SM-A546B) {WEBKIT} SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36",
    f"Mozilla/5.0 (Linux; Android 13; wv) {WEBKIT} Version/4.0 Chrome/127.0.0.0 Mobile Safari/537.36 Instagram 340.0.0.22.109 Android",
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/122.0.0.0 YaBrowser/24.4.0 Safari/537.36",
    f"Mozilla/5.0 (Linux; Android 13) {WEBKIT} Version/4.0 Chrome/120.0.0.0 Mobile DuckDuckGo/5 Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:129.0) Gecko/20100101 Firefox/129.0",
    "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; .NET4.0C; .NET4.0E; rv:11.0) like Gecko",
    "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0; .NET CLR 2.0.50727; InfoPath.2; Media Center PC 6.0)",
    "Mozilla/5.0 (compatible; Konqueror/4.5; Linux) KHTML/4.5.4 (like Gecko)",
    "Opera/9.80 (Windows NT 6.1; U; en) Presto/2.12.388 Version/12.18",
    "Nokia6230/2.0 (04.44) Profile/MIDP-2.0 Configuration/CLDC-1.1",
    "BlackBerry8520/5.0.0.681 Profile/MIDP-2.1 Configuration/CLDC-1.1 VendorID/600",
    "Lynx/2.9.0 libwww-FM/2.14 SSL-MM/1.4.1 OpenSSL/3.0.13",
]
MAIL_PROGRAMS = [
    "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17328; Pro)",
    "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; Win64; x64; Trident/7.0; Microsoft Outlook 16.0.17328; ms-office; MSOffice 16)",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Thunderbird/128.1.0",
    "Outlook-iOS/729.2431.0 (iPhone; iOS 17.6)",
]
PROXIES = [
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
    "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html",
]
MACHINES = {
    "Mozilla/5.0": Agent.MAIL_PRIVACY,
    "": Agent.UNKNOWN,
    "   ": Agent.UNKNOWN,
    "x": Agent.UNKNOWN,
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64)": Agent.UNKNOWN,
    "Mozilla/5.0 (compatible; NeverHeardOf/1.0)": Agent.CRAWLER,
    f"Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} Chrome/128.0.0.0 Safari/537.36 SomethingNew": Agent.CRAWLER,
    f"Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} Chrome/128.0.0.0 Safari/537.36 (+https://shop.example/about-us)": Agent.CRAWLER,
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)": Agent.CRAWLER,
    f"Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X) {WEBKIT} Chrome/127.0.0.0 Mobile (compatible; Googlebot/2.1)": Agent.CRAWLER,
    f"Mozilla/5.0 {WEBKIT.replace(')', '; compatible; GPTBot/1.2)')}": Agent.CRAWLER,
    "Barracuda Sentinel (EE)": Agent.SCANNER,
    "Mimecast URL Protect": Agent.SCANNER,
    "Mozilla/5.0 zgrab/0.x": Agent.SCANNER,
    "facebookexternalhit/1.1": Agent.PREVIEWER,
    "WhatsApp/2.23.20.0 A preview": Agent.PREVIEWER,
    "Slackbot-LinkExpanding 1.0": Agent.PREVIEWER,
    "TelegramBot (like TwitterBot)": Agent.PREVIEWER,
    "python-requests/2.32.3": Agent.LIBRARY,
    "curl/8.9.1": Agent.LIBRARY,
    "Go-http-client/2.0": Agent.LIBRARY,
    "Java/17.0.12": Agent.LIBRARY,
    "okhttp/4.12.0": Agent.LIBRARY,
    "axios/1.7.4": Agent.LIBRARY,
    "Wget/1.24.5": Agent.LIBRARY,
    f"Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} HeadlessChrome/128.0.0.0 Safari/537.36": Agent.HEADLESS,
    "Mozilla/5.0 (Unknown; Linux x86_64) AppleWebKit/538.1 (KHTML, like Gecko) PhantomJS/2.1.1 Safari/538.1": Agent.HEADLESS,
    "W3C-checklink/5.0.0 libwww-perl/6.67": Agent.LIBRARY,
    "Xenu Link Sleuth/1.3.8": Agent.CRAWLER,
}


@pytest.mark.parametrize("agent", BROWSERS)
def test_a_browser_is_a_person(agent):
    assert (kind_of_agent(agent), is_machine(agent, "GET")) == (Agent.BROWSER, False)


@pytest.mark.parametrize("agent", MAIL_PROGRAMS)
def test_a_mail_program_is_a_person(agent):
    assert (kind_of_agent(agent), is_machine(agent, "GET")) == (Agent.MAIL_PROGRAM, False)


@pytest.mark.parametrize("agent", PROXIES)
def test_an_image_proxy_loads_for_a_person_who_opens(agent):
    assert (kind_of_agent(agent), is_machine(agent, "GET")) == (Agent.IMAGE_PROXY, False)


@pytest.mark.parametrize(("agent", "kind"), MACHINES.items())
def test_a_machine_is_no_person(agent, kind):
    assert (kind_of_agent(agent), is_machine(agent, "GET")) == (kind, True)


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "head", "PROPFIND", ""])
def test_a_method_that_shows_nothing_is_a_machines(method):
    assert is_machine(BROWSERS[0], method)
    assert not is_machine(BROWSERS[0], "post")


def test_a_hostile_agent_costs_little():
    for letters in ("a", "(", "bot ", "mozilla/5.0 (", "safari/1 ", "www", "https:", "é", "\x00", "scan"):
        started = time.perf_counter()
        kind_of_agent(letters * 1_000_000)
        assert time.perf_counter() - started < 0.5
