/** A web server with pages to be previewed, and with answers that are none. */

import { createServer } from "node:http";

const html = (head, body = "") => ["text/html; charset=utf-8", `<!doctype html><html lang="en"><head>${head}</head><body>${body}</body></html>`];

const PAGES = {
  "/title": html("<title>Only a title</title>"),
  "/icon": html("<title>t</title><link rel='shortcut icon' href='https://h.example/i.png'>"),
  "/canonical": html("<title>t</title><link rel=canonical href='https://h.example/canonical'>"),
  "/image": html(`<title>t</title><meta property=og:image content='https://h.example/t.png'>
    <meta property=og:image:width content=1200><meta property=og:image:height content=630><meta property=og:image:alt content=Chart>`),
  "/secure": html("<meta property=og:image content='http://h.example/t.png'><meta property=og:image:secure_url content='https://h.example/s.png'>"),
  "/pictures": html("<title>t</title>", Array.from({ length: 12 }, (_, n) => `<img src="https://h.example/${n}.jpg">`).join("") + "<img src=/x.png>"),
  "/text": html("<meta property=og:description content='  First\tline  \r\n\r\n\r\n Second\u00a0 line '>"),
  "/russian": ["text/html", Buffer.concat([Buffer.from("<meta charset=windows-1251><title>"), Buffer.from([0xcf, 0xf0, 0xe8, 0xeb, 0xe8, 0xe2])])],
  "/json": ["application/json", "{}"],
};

const STATUSES = { "/gone": 410, "/teapot": 418 };

/** Starts the server; `url(path)` addresses a page, `asked` are the requests so far, `close()` ends it. */
export async function servePages() {
  const asked = [];
  const server = createServer((request, response) => {
    asked.push(request);
    const [type, body] = PAGES[request.url] ?? [];
    if (request.url === "/away") {
      response.writeHead(302, { location: "http://127.0.0.1:22/" }).end();
    } else if (request.url !== "/silent") {
      response.writeHead(type ? 200 : STATUSES[request.url] ?? 404, { "content-type": type ?? "text/html" }).end(body);
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    asked,
    url: (path) => `http://127.0.0.1:${server.address().port}${path}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
