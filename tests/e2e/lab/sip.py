"""One SIP message, as text that came in, went out or was captured."""

import hashlib
import re


def digest(challenge, method, uri, user, password):
    """Credentials for a challenge (RFC 2617, without qop): the value of Authorization or Proxy-Authorization."""
    def md5(text):
        return hashlib.md5(text.encode()).hexdigest()
    words = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
    proof = md5(f"{md5(f'{user}:' + words['realm'] + f':{password}')}:{words['nonce']}:{md5(f'{method}:{uri}')}")
    return (f'Digest username="{user}", realm="{words["realm"]}", nonce="{words["nonce"]}", uri="{uri}", '
            f'response="{proof}"')


class Message:
    def __init__(self, text, source=None, target=None, at=0.0):
        head, _, self.body = text.partition("\r\n\r\n")
        self.start, *self.lines = head.split("\r\n")
        self.text, self.source, self.target, self.at = text, source, target, at

    def __repr__(self):
        return f"{self.at:.3f} {self.source} -> {self.target} {self.start}"

    @property
    def status(self):
        """The status of a response as a number, None for a request."""
        return int(self.start.split()[1]) if self.start.startswith("SIP/2.0 ") else None

    @property
    def method(self):
        """The method of a request; for a response that of the request it answers."""
        return self.start.split()[0] if self.status is None else self.header("CSeq").split()[1]

    @property
    def user(self):
        """The user of the request URI: the account of a leg, the flat of a door call."""
        return self.start.split()[1].partition(":")[2].partition("@")[0] if self.status is None else None

    @property
    def call_id(self):
        return self.header("Call-ID")

    def header(self, name):
        """The value of the first header of that name, "" when there is none."""
        return next(iter(self.headers(name)), "")

    def headers(self, name):
        prefix = name.lower() + ":"
        return [line[len(prefix):].strip() for line in self.lines if line.lower().startswith(prefix)]


def media_address(sdp):
    """Where an SDP wants its sound: (address, port), or None."""
    lines = sdp.split("\r\n")
    address = next((line.split()[2] for line in lines if line.startswith("c=IN IP4 ")), None)
    port = next((int(line.split()[1]) for line in lines if line.startswith("m=audio ")), None)
    return (address, port) if address and port else None
