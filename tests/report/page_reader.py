"""What a page of HTML says, for tests to ask."""

from html.parser import HTMLParser

VOID = {"meta", "link", "img", "br", "hr", "input"}


class Page(HTMLParser):
    """What a page says: its tags with attributes, its rows by header, its scripts, and whether tags are balanced."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.rows, self.row, self.text, self.scripts = [], [], [], None, [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "script":
            self.scripts.append((dict(attrs), ""))
        if tag == "tr":
            self.row = ["", []]
        if tag == "data":
            self.row[1].append(dict(attrs)["value"])

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        if tag == "tr":
            self.rows.append(tuple(self.row))
            self.row = None

    def handle_data(self, data):
        if self.open and self.open[-1] == "script":
            attributes, text = self.scripts.pop()
            self.scripts.append((attributes, text + data))
            return
        self.text.append(data)
        if self.row is not None and self.open[-1] == "th" and not self.row[0]:
            self.row[0] = data.strip()

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]
