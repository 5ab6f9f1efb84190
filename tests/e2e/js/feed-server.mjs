/** A web server with one small feed of each kind, and with pages that are none. */

import { createServer } from "node:http";

const ATOM = `<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">
  <title>Harbour Atom</title>
  <subtitle>Ships and tides</subtitle>
  <link rel="self" href="http://harbour.example/atom"/>
  <link href="http://harbour.example/"/>
  <author><name>Ana Reyes</name></author>
  <id>urn:harbour:feed</id>
  <updated>2026-05-02T08:00:00Z</updated>
  <entry>
    <id>urn:harbour:2</id>
    <title>Low tide</title>
    <link href="http://harbour.example/2"/>
    <updated>2026-05-02T08:00:00Z</updated>
    <summary>In short</summary>
    <content type="html">&lt;p&gt;Water is low.&lt;/p&gt;</content>
  </entry>
  <entry>
    <id>urn:harbour:1</id>
    <title>No link</title>
    <published>2026-05-01T08:00:00Z</published>
    <updated>2026-05-01T09:00:00Z</updated>
    <summary>Plain words</summary>
  </entry>
</feed>`;

const RDF = `<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
         xmlns:dc="http://purl.org/dc/elements/1.1/">
  <channel rdf:about="http://harbour.example/rdf">
    <title>Harbour RDF</title>
    <link>http://harbour.example/</link>
    <description>Ships and tides</description>
    <dc:language>en</dc:language>
  </channel>
  <item rdf:about="http://harbour.example/r1">
    <title>High tide</title>
    <link>http://harbour.example/r1</link>
    <description>Water is high.</description>
    <dc:date>2026-05-01T08:00:00Z</dc:date>
  </item>
</rdf:RDF>`;

const JSON_FEED = JSON.stringify({
  version: "https://jsonfeed.org/version/1.1",
  title: "Harbour JSON",
  home_page_url: "http://harbour.example/",
  items: [
    { id: "j1", url: "http://harbour.example/j1", title: "Fog", content_html: "<p>Fog horn.</p>", date_published: "2026-05-01T08:00:00Z" },
  ],
});

const rss = (channel, encoding = "utf-8") =>
  `<?xml version="1.0" encoding="${encoding}"?><rss version="2.0"><channel>${channel}</channel></rss>`;

const ITEM_TEXTS = {
  short: "s".repeat(256),
  long: "l".repeat(257),
};

const RSS = rss(`
  <title>Harbour RSS</title><link>http://harbour.example/</link>
  <item><title>short</title><guid>g-short</guid><description>${ITEM_TEXTS.short}</description><pubDate>Fri, 01 May 2026 08:00:00 GMT</pubDate></item>
  <item><title>long</title><link>http://harbour.example/long</link><description>${ITEM_TEXTS.long}</description><pubDate>Thu, 30 Apr 2026 08:00:00 GMT</pubDate></item>
  <item><title>epoch</title><description>first second</description><pubDate>Thu, 01 Jan 1970 00:00:00 GMT</pubDate></item>
  <item><title>undated</title><link>http://harbour.example/undated</link><description><![CDATA[<b>bold</b>]]></description></item>`);

const PAGES = {
  "/atom": ["application/atom+xml", ATOM],
  "/rdf": ["application/rdf+xml", RDF],
  "/json": ["application/feed+json", JSON_FEED],
  "/rss": ["application/rss+xml", RSS],
  "/empty": ["application/rss+xml", rss("")],
  "/latin1": ["application/rss+xml", Buffer.from(rss("<title>Caf\u00e9</title><item><title>\u00fc</title></item>", "ISO-8859-1"), "latin1")],
  "/sloppy": ["application/rss+xml", rss("<title>Sloppy</title><item><title>salt &amp; pepper</title></item><item><title>this & that &zork;</title></item>")],
  "/html": ["text/html", "<!doctype html><title>No feed</title><p>Nothing to see.</p>"],
};

/** Starts the server; `url(path)` addresses a page, `close()` ends it. */
export async function serveFeeds() {
  const server = createServer((request, response) => {
    const page = PAGES[request.url];
    if (!page) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { "content-type": page[0] }).end(page[1]);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: (path) => `http://127.0.0.1:${server.address().port}${path}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
