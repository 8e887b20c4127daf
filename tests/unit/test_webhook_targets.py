"""Where webhooks may go, by the text of their address and by the addresses of its name."""

import ipaddress
import time

import pytest

from visavis.adapters.http.addresses import is_public
from visavis.adapters.http.targets import TargetRules, read_target
from visavis.errors import ConfigurationError, InputError

RULES = TargetRules()


@pytest.mark.parametrize(
    ("url", "authority", "resource"),
    [
        ("https://receiver.example", "receiver.example", "/"),
        ("https://receiver.example/hooks?a=b&c=%20d?", "receiver.example", "/hooks?a=b&c=%20d?"),
        ("https://receiver.example?x", "receiver.example", "/?x"),
        ("HTTPS://Receiver.Example:443/Hooks", "receiver.example", "/Hooks"),
        ("https://a-b.xn--bcher-kva.example:8443/", "a-b.xn--bcher-kva.example:8443", "/"),
        ("https://93.184.216.34/", "93.184.216.34", "/"),
        ("https://[2606:2800:220:1::1]:8443/x", "[2606:2800:220:1::1]:8443", "/x"),
    ],
)
def test_public_https_addresses_are_taken_apart(url: str, authority: str, resource: str) -> None:
    target = read_target(url, RULES)
    assert (target.scheme, target.authority, target.resource) == ("https", authority, resource)
    assert not target.unsafe


MALFORMED = [
    "",
    "receiver.example",
    "//receiver.example/",
    "ftp://receiver.example/",
    "https:/receiver.example/",
    "https:///receiver.example/",
    "https://",
    "https://user@receiver.example/",
    "https://user:secret@receiver.example/",
    "https://receiver.example@127.0.0.1/",
    "https://127.0.0.1#@receiver.example/",
    "https://receiver.example/#fragment",
    "https://receiver.example\\@127.0.0.1/",
    "https://receiver.example/a b",
    "https://receiver.example/\r\nHost: x",
    "https://receiver.example/%zz",
    "https://receiver.example:0/",
    "https://receiver.example:65536/",
    "https://receiver.example:/",
    "https://receiver.example:44３/",
    "https://bücher.example/",
    "https://receiver.example。/",
    "https://receiver.example./",
    "https://receiver..example/",
    "https://-receiver.example/",
    "https://receiver-.example/",
    f"https://{'a' * 64}.example/",
    f"https://{'a.' * 130}example/",
    "https://receiver.example/" + "a" * 2_000,
    # an address to one parser is a name to another
    "https://127.1/",
    "https://127.0.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://127.0.0.0x1/",
    "https://0177.0.0.1/",
    "https://127.0.0.01/",
    "https://017700000001/",
    "https://1.2.3.4.5/",
    "https://receiver.example.1/",
    "https://256.1.1.1/",
    "https://[::1%25eth0]/",
    "https://[::1/",
    "https://::1/",
    "https://[127.0.0.1]:443:443/",
]


@pytest.mark.parametrize("url", MALFORMED)
def test_what_could_be_read_in_two_ways_is_not_read_at_all(url: str) -> None:
    with pytest.raises(InputError) as caught:
        read_target(url, RULES)
    assert caught.value.code == "webhook_url_invalid"
    assert len(url) < 9 or url not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://receiver.example/",
        "https://receiver.example:80/",
        "https://receiver.example:22/",
        "https://receiver/",
        "https://localhost/",
        "https://service.localhost/",
        "https://printer.local/",
        "https://metadata.google.internal/",
        "https://router.home.arpa/",
        "https://127.0.0.1/",
        "https://10.1.2.3/",
        "https://169.254.169.254/",
        "https://0.0.0.0/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:5db8:d822]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[fd00:ec2::254]/",
    ],
)
def test_what_is_not_public_is_refused(url: str) -> None:
    with pytest.raises(InputError) as caught:
        read_target(url, RULES)
    assert caught.value.code == "webhook_url_forbidden"


def test_a_hostile_address_is_read_in_little_time() -> None:
    """Whatever the pattern is, it does not try every way to split a text."""
    begun = time.process_time()
    for tail in ("a" * 1_970, "?" * 1_970, "%4" * 980, "-." * 980):
        for url in (f"https://a.example/{tail}\\", f"https://a.example/?{tail}\\", f"https://{tail}\\"):
            with pytest.raises(InputError):
                read_target(url, RULES)
    assert time.process_time() - begun < 5  # exponential would be ages


def test_only_the_very_origin_that_the_site_names_goes_past_the_rules() -> None:
    rules = TargetRules.of(ports=[443], unsafe_origins=["http://127.0.0.1:9000", "https://LOCALHOST:8443"])
    assert read_target("http://127.0.0.1:9000/hooks", rules).unsafe
    assert read_target("https://localhost:8443/", rules).unsafe
    assert not read_target("https://receiver.example/", rules).unsafe
    for url in ("http://127.0.0.1:9001/", "https://127.0.0.1:9000/", "http://127.0.0.2:9000/", "https://localhost/"):
        with pytest.raises(InputError) as caught:
            read_target(url, rules)
        assert caught.value.code == "webhook_url_forbidden"


def test_a_site_can_forbid_networks_of_its_own() -> None:
    rules = TargetRules.of(ports=[443], forbidden=["93.184.216.0/24", "2606:2800::/32"])
    for url in ("https://93.184.216.34/", "https://[2606:2800:220:1::1]/"):
        with pytest.raises(InputError):
            read_target(url, rules)
    for wrong in ({"unsafe_origins": ["127.0.0.1:9000"]}, {"forbidden": ["93.184.216.1/24"]}):
        with pytest.raises(ConfigurationError) as caught:
            TargetRules.of(ports=[443], **wrong)
        assert caught.value.code == "webhook_rules_invalid"


NOT_PUBLIC = [
    "0.0.0.0",  # noqa: S104 - an address to refuse
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.100.100.200",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:93.184.216.34",
    "64:ff9b::5db8:d822",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:0:53aa:64c:0:0:0:1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:5db8:d822::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "2606:2800:220:1::1%eth0",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
    "0127.0.0.1",
    "1.1.1",
    "name.example",
]
PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "93.184.216.34",
    "100.63.255.255",
    "100.128.0.1",
    "126.255.255.255",
    "128.0.0.1",
    "169.253.1.1",
    "172.15.255.255",
    "172.32.0.1",
    "192.0.1.1",
    "192.167.255.255",
    "192.169.0.1",
    "198.17.255.255",
    "198.20.0.1",
    "223.255.255.255",
    "2606:2800:220:1::1",
    "2a00:1450::1",
    "2001:200::1",
    "2001:4860:4860::8888",
    "2003::1",
    "3ffe::1",
]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_addresses_that_are_public(address: str) -> None:
    assert is_public(address)


def test_nothing_is_public_that_the_standard_library_does_not_call_global() -> None:
    """In every eleventh /16 of IPv4, and as many places of IPv6."""
    for block in range(0, 1 << 16, 11):
        address = ipaddress.IPv4Address(block << 16 | 0x1234)
        assert address.is_global or not is_public(str(address)), address
    for block in range(0, 1 << 24, 4_999):
        address6 = ipaddress.IPv6Address(block << 104 | 1)
        assert address6.is_global or not is_public(str(address6)), address6
