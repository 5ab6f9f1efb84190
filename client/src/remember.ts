/**
 * Lets a page that is reloaded come back to its session: what socket.io-client does by itself after a broken connection,
 * over the life of the page.
 */

/** What the gateway knows a session by, and how far this page has heard it. Worth as much as the session itself. */
interface Token {
  pid: string;
  offset?: string;
}

/** A packet of the Socket.IO protocol, as its manager tells of it. */
interface Packet {
  type: number;
  nsp: string;
  data?: unknown;
}

/** As much of a socket.io-client socket as is needed to come back with. */
export interface RememberedSocket {
  auth: Record<string, unknown> | ((done: (data: object) => void) => void);
  // `any`, as socket.io-client declares it.
  readonly io: { on(event: "packet", listener: (packet: any) => void): unknown };
}

/** Where the token lies while the page is being reloaded, and who tells of that. A page has both. */
export interface Memory {
  readonly storage: Pick<Storage, "getItem" | "setItem" | "removeItem">;
  readonly page: Pick<Window, "addEventListener">;
}

const CONNECT = 0;
const EVENT = 2;
const KEY = "footbridge.session";

/**
 * Call it with a socket that is not connected yet: `io(url, { path: "/sockethub", autoConnect: false })`. After a reload the
 * socket is resumed, without a password too, and gets what it missed.
 *
 * The token lies in the tab's `sessionStorage` only from the moment the page is left until it is back: a tab that is
 * duplicated is a session of its own.
 */
export function rememberSession(
  socket: RememberedSocket,
  memory: Memory = { storage: globalThis.sessionStorage, page: globalThis.window },
): void {
  const { storage, page } = memory;
  let token = read(storage.getItem(KEY));
  storage.removeItem(KEY);
  page.addEventListener("pagehide", () => {
    if (token) {
      storage.setItem(KEY, JSON.stringify(token));
    }
  });
  // A page that the browser had kept alive is the session's again.
  page.addEventListener("pageshow", () => storage.removeItem(KEY));
  socket.io.on("packet", (packet: Packet) => {
    token = heard(token, packet);
  });
  const given = socket.auth;
  socket.auth = (done) => {
    const claim = (data: object): void => done({ ...data, ...token });
    if (typeof given === "function") {
      given(claim);
    } else {
      claim(given ?? {});
    }
  };
}

/** The token after a packet: CONNECT names the session, and an event's last argument is its number. */
function heard(token: Token | undefined, { type, nsp, data }: Packet): Token | undefined {
  if (nsp !== "/") {
    return token;
  }
  if (type === CONNECT) {
    const pid = (data as { pid?: unknown } | undefined)?.pid;
    if (typeof pid !== "string") {
      return undefined;
    }
    // A new session goes on from the number that the client knows.
    return { ...token, pid };
  }
  const last: unknown = type === EVENT && Array.isArray(data) ? data.at(-1) : undefined;
  return token && typeof last === "string" ? { ...token, offset: last } : token;
}

function read(text: string | null): Token | undefined {
  try {
    const { pid, offset } = JSON.parse(text ?? "{}") as Partial<Token>;
    return typeof pid === "string" ? { pid, ...(typeof offset === "string" && { offset }) } : undefined;
  } catch {
    return undefined;
  }
}
