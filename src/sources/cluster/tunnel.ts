import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect, isIP, type Socket } from "node:net";
import { hostOf } from "./proxy.ts";

/** A connection to `host:port` through a proxy; `signal` ends it at any time. Rejects with an Error that says what the proxy answered. */
export async function openTunnel(proxy: URL, host: string, port: number, signal: AbortSignal): Promise<Socket> {
  return proxy.protocol.startsWith("socks5")
    ? throughSocks(proxy, host, port, signal)
    : throughConnect(proxy, host, port, signal);
}

function throughConnect(proxy: URL, host: string, port: number, signal: AbortSignal): Promise<Socket> {
  const target = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
  const secure = proxy.protocol === "https:";
  const { user, password } = loginOf(proxy);
  const login = Buffer.from(`${user}:${password}`).toString("base64");
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const request = (secure ? httpsRequest : httpRequest)({
    host: hostOf(proxy),
    port: proxy.port || (secure ? 443 : 80),
    method: "CONNECT",
    path: target,
    agent: false,
    signal,
    headers: { Host: target, ...(user === "" ? {} : { "Proxy-Authorization": `Basic ${login}` }) },
  });
  request.on("error", reject);
  request.on("response", (response) => {
    response.destroy();
    reject(refusal(`${response.statusCode} ${response.statusMessage}`));
  });
  request.on("connect", (response, socket, head) => {
    if (response.statusCode !== 200) {
      socket.destroy();
      reject(refusal(`${response.statusCode} ${response.statusMessage}`));
      return;
    }
    if (head.length > 0) socket.unshift(head);
    resolve(socket as Socket);
  });
  request.end();
  return promise;
}

/** SOCKS 5 (RFC 1928) with a user's name and password where the URL has them (RFC 1929); the proxy looks the host up. */
async function throughSocks(proxy: URL, host: string, port: number, signal: AbortSignal): Promise<Socket> {
  const socket = connect({ host: hostOf(proxy), port: Number(proxy.port || 1080), signal });
  const read = reader(socket);
  try {
    const { user, password } = loginOf(proxy);
    socket.write(Buffer.from(user === "" ? [5, 1, 0] : [5, 2, 0, 2]));
    const [version, method] = await read(2);
    if (version !== 5 || (method !== 0 && method !== 2)) throw refusal("no way of logging in that we know");
    if (method === 2) {
      socket.write(Buffer.concat([Buffer.from([1]), counted(user), counted(password)]));
      if ((await read(2))[1] !== 0) throw refusal("wrong user or password");
    }
    const address = Buffer.concat([Buffer.from([5, 1, 0, 3]), counted(host), Buffer.from([port >> 8, port & 255])]);
    socket.write(address);
    const [, status = 1, , kind] = await read(4);
    if (status !== 0) throw refusal(SOCKS_REFUSALS[status] ?? `code ${status}`);
    await read((kind === 1 ? 4 : kind === 4 ? 16 : ((await read(1))[0] ?? 0)) + 2);
    read.stop();
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

const SOCKS_REFUSALS: Readonly<Record<number, string>> = {
  2: "not allowed",
  3: "network unreachable",
  4: "host unreachable",
  5: "connection refused",
};

function counted(text: string): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length > 255) throw refusal("a name of over 255 bytes");
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

/** Reads exactly as many bytes as asked; what comes after them stays in the socket. */
function reader(socket: Socket) {
  let wake = () => {};
  let failure: Error | null = null;
  const onError = (error: Error) => {
    failure = error;
    wake();
  };
  const onEnd = () => onError(Object.assign(new Error("the proxy closed the connection"), { code: "ECONNRESET" }));
  const onReadable = () => wake();
  socket.on("error", onError).on("end", onEnd).on("readable", onReadable);
  const read = async (size: number): Promise<Buffer> => {
    for (;;) {
      if (failure !== null) throw failure;
      const bytes: Buffer | null = socket.read(size);
      if (bytes !== null && bytes.length === size) return bytes;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return Object.assign(read, {
    stop: () => {
      socket.off("error", onError).off("end", onEnd).off("readable", onReadable);
    },
  });
}

function loginOf(proxy: URL): { readonly user: string; readonly password: string } {
  return { user: decodeURIComponent(proxy.username), password: decodeURIComponent(proxy.password) };
}

/** A refusal says everything itself: no code, so that it is not tried again. */
function refusal(text: string): Error {
  return new Error(`the proxy refuses: ${text}`);
}
