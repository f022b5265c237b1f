"""The icons of the console: 16-px line drawings, inlined so that a page asks for nothing and they take the text's colour."""

ICONS: dict[str, str] = {
    "undo": '<path d="M5.5 3 3 5.5 5.5 8M3 5.5h6a3.5 3.5 0 0 1 0 7H5.5"/>',
    "link": '<path d="M6.7 9.3a2.6 2.6 0 0 0 3.7 0l2.3-2.3a2.6 2.6 0 0 0-3.7-3.7l-.8.8M9.3 6.7a2.6 2.6 0 0 0-3.7 0'
    "L3.3 9A2.6 2.6 0 0 0 7 12.7"
    'l.8-.8"/>',
    "search": '<circle cx="7" cy="7" r="4.2"/><path d="m10.2 10.2 3.3 3.3"/>',
    "home": '<path d="M3 7.5 8 3l5 4.5V13H9.5V9.5h-3V13H3z"/>',
    "people": '<circle cx="6" cy="5.5" r="2.5"/><path d="M1.5 13c.4-2.6 2.2-4 4.5-4s4.1 1.4 4.5 4M10.5 3.3a2.4 2.4 0 0 1 0 4.4'
    'M12 9.4c1.4.6 2.3 1.8 2.5 3.6"/>',
    "ask": '<circle cx="6" cy="8" r="4"/><circle cx="10" cy="8" r="4"/>',
    "segment": '<path d="M8 2v6l4.5 4A6 6 0 1 1 8 2zM10.5 2.5a6 6 0 0 1 3.3 5.5h-3.3z"/>',
    "silos": '<rect x="2" y="3" width="3" height="10" rx="1"/><rect x="6.5" y="6" width="3" height="7" rx="1"/>'
    '<rect x="11" y="4.5" width="3" height="8.5" rx="1"/>',
    "split": '<path d="M8 13v-3c0-3-4-2-4-5V3M8 10c0-3 4-2 4-5V3"/>',
    "merge": '<path d="M4 3v3c0 3 4 2 4 5v2M12 3v3c0 3-4 2-4 5"/>',
    "up": '<path d="M8 13V3.500M4 7l4-4 4 4"/>',
    "down": '<path d="M8 3v9.500M4 9l4 4 4-4"/>',
    "trend": '<path d="M2 13h12M3 10.5l3.5-3.5 2.5 2 4-5M10.5 4H13v2.5"/>',
    "mail": '<rect x="2" y="3.5" width="12" height="9" rx="1.5"/><path d="m2.5 4.5 5.5 4.5 5.5-4.5"/>',
    "service": '<path d="M2.5 9V8a5.5 5.5 0 0 1 11 0v1M2.5 8.5h2v4h-2zM11.5 8.5h2v4h-2zM13.5 12.5c0 1.2-1.5 1.5-3.5 1.5"/>',
    "star": '<path d="m8 2.2 1.7 3.6 3.9.5-2.9 2.7.8 3.9L8 11l-3.5 1.9.8-3.9L2.4 6.3l3.9-.5z"/>',
    "plane": '<path d="M14 8c0-.7-.6-1.1-1.3-1.1H9.9L6.7 2H5.2l1.4 4.9H4L2.8 5.5H1.7L2.5 8l-.8 2.5h1.1L4 9.1h2.6L5.2 14h1.5'
    'l3.2-4.9h2.8C13.4 9.1 14 8.7 14 8z"/>',
    "door": '<path d="M8 10V2.5M5 5l3-2.8L11 5M2.5 9.5V13h11V9.5"/>',
    "settings": '<circle cx="8" cy="8" r="2"/><path d="M8 2v1.8M8 12.2V14M2 8h1.8M12.2 8H14M3.8 3.8 5 5M11 11l1.2 1.2M12.2 3.8 11 5'
    'M5 11l-1.2 1.2"/>',
    "clock": '<circle cx="8" cy="8" r="6"/><path d="M8 4.5V8l2.3 1.5"/>',
    "plus": '<path d="M8 3v10M3 8h10"/>',
    "cross": '<path d="m4 4 8 8M12 4l-8 8"/>',
    "tick": '<path d="m3.5 8.5 3 3 6-7"/>',
    "menu": '<path d="M2.5 4.5h11M2.5 8h11M2.5 11.5h11"/>',
    "stop": '<rect x="4" y="4" width="8" height="8" rx="1"/>',
    "play": '<path d="M5 3.5 12 8l-7 4.5z"/>',
    "warning": '<path d="M8 2.5 14 13H2zM8 6.5v3M8 11.3v.1"/>',
    "machine": '<rect x="3" y="5.5" width="10" height="7.5" rx="1.5"/><path d="M8 5.5V3M6 9v.1M10 9v.1"/>',
    "shop": '<path d="M3 5.5h10l-.7 8H3.7zM5.5 5.5V5a2.5 2.5 0 0 1 5 0v.5"/>',
    "web": '<circle cx="8" cy="8" r="6"/><path d="M2 8h12M8 2c2 2 2.5 4 2.5 6s-.5 4-2.5 6c-2-2-2.5-4-2.5-6S6 4 8 2z"/>',
    "next": '<path d="m6 3.5 4.5 4.5L6 12.5"/>',
    "branch": '<path d="M2.5 6.5 3.5 3h9l1 3.5M3 7v6h10V7M6.5 13V9.5h3V13"/>',
    "file": '<path d="M4 2h5.5L12.5 5v9H4zM9.5 2v3h3M6 8.5h4.5M6 11h4.5"/>',
    "key": '<circle cx="5.5" cy="10.5" r="2.5"/><path d="m7.3 8.7 5.2-5.2M10.5 5.5l2 2"/>',
    "note": '<path d="M3 3h10v7l-3 3H3zM13 10h-3v3"/>',
    "outbox": '<path d="M2.5 9.5h3l1 1.8h3l1-1.8h3M2.5 9.5V13h11V9.5l-2-6h-7z"/>',
    "pause": '<path d="M5.5 4v8M10.500 4v8"/>',
    "send": '<path d="M14 2 7.5 8.5M14 2 9.500 14l-2-5.500L2 6.500z"/>',
    "leave": '<path d="M6.5 13.5h-4v-11h4M10 5l3 3-3 3M13 8H6"/>',
}

# The three Venn marks: what of two circles is meant.
VENN: dict[str, str] = {
    "and": '<path class="x" d="M13 3.1a5.5 5.5 0 0 1 0 9.8 5.5 5.5 0 0 1 0-9.8z"/>',
    "or": '<circle class="x" cx="10" cy="8" r="5.5"/><circle class="x" cx="16" cy="8" r="5.5"/>',
    "not": '<path class="x" d="M13 3.1A5.5 5.5 0 1 0 13 12.9 5.5 5.5 0 0 1 13 3.1z"/>',
}
VENN_RINGS = '<circle class="o" cx="10" cy="8" r="5.5"/><circle class="o" cx="16" cy="8" r="5.5"/>'
