// Proxies of the tests' own: HTTP CONNECT, and SOCKS 5.
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

export interface TestProxy {
  readonly port: number;
  /** `host:port` of every connection that was asked for. */
  readonly targets: readonly string[];
  close(): Promise<void>;
}

/** `login` is `user:password` where one is demanded; `answer` refuses everything with that status line. */
export async function startConnectProxy(
  options: { readonly login?: string; readonly refuse?: number } = {},
): Promise<TestProxy> {
  const targets: string[] = [];
  const server = createHttpServer((_, response) => response.writeHead(400).end());
  server.on("connect", (request, socket, head) => {
    const wanted = options.login && `Basic ${Buffer.from(options.login).toString("base64")}`;
    if (wanted && request.headers["proxy-authorization"] !== wanted) {
      socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
      return;
    }
    if (options.refuse !== undefined) {
      socket.end(`HTTP/1.1 ${options.refuse} Refused\r\n\r\n`);
      return;
    }
    targets.push(request.url ?? "");
    const { hostname, port } = new URL(`tcp://${request.url}`);
    const onwards = connect(Number(port), hostname, () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      onwards.write(head);
      socket.pipe(onwards).pipe(socket);
    });
    onwards.on("error", () => socket.destroy());
    socket.on("error", () => onwards.destroy()).on("close", () => onwards.destroy());
  });
  return listening(server, targets);
}

/** SOCKS 5 with host names, and with a user's password where `login` (`user:password`) is given. */
export async function startSocksProxy(login?: string): Promise<TestProxy> {
  const targets: string[] = [];
  const server = createServer(async (socket) => {
    const read = exactReader(socket);
    socket.on("error", () => socket.destroy());
    const [, methods = 0] = await read(2);
    const offered = await read(methods);
    const method = login === undefined ? 0 : 2;
    socket.write(Buffer.from([5, offered.includes(method) ? method : 0xff]));
    if (!offered.includes(method)) return socket.end();
    if (login !== undefined) {
      const user = await read((await read(2))[1] ?? 0);
      const password = await read((await read(1))[0] ?? 0);
      const ok = `${user}:${password}` === login;
      socket.write(Buffer.from([1, ok ? 0 : 1]));
      if (!ok) return socket.end();
    }
    await read(4);
    const host = (await read((await read(1))[0] ?? 0)).toString();
    const port = (await read(2)).readUInt16BE();
    targets.push(`${host}:${port}`);
    const onwards = connect(port, host, () => {
      socket.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
      socket.off("readable", read.wake);
      socket.pipe(onwards).pipe(socket);
    });
    onwards.on("error", () => socket.end(Buffer.from([5, 5, 0, 1, 0, 0, 0, 0, 0, 0])));
    socket.on("close", () => onwards.destroy());
  });
  return listening(server, targets);
}

function exactReader(socket: Socket) {
  let wake = () => {};
  const onReadable = () => wake();
  socket.on("readable", onReadable);
  const read = async (size: number): Promise<Buffer> => {
    for (;;) {
      const bytes: Buffer | null = size === 0 ? Buffer.alloc(0) : socket.read(size);
      if (bytes !== null) return bytes;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return Object.assign(read, { wake: onReadable });
}

async function listening(server: Server, targets: readonly string[]): Promise<TestProxy> {
  const open = new Set<Socket>();
  server.on("connection", (socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    targets,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}
