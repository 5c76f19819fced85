import { type Server, createServer } from 'node:http';
import { Registry } from 'prom-client';
import { UsageError } from '../usage-error.js';

/** A page that Prometheus fetches. */
export interface MetricsServer {
  /** Where it is, for people. */
  readonly address: string;
  close(): Promise<void>;
}

/**
 * Serves the text of the last look at `/metrics`.
 * @throws UsageError when the port cannot be had.
 */
export async function serveMetrics(
  port: number,
  address: string,
  textNow: () => Promise<string>,
): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    const isFound = request.url === '/metrics' || request.url === '/';
    if (!isFound || (request.method !== 'GET' && request.method !== 'HEAD')) {
      response.writeHead(isFound ? 405 : 404, { 'content-type': 'text/plain' });
      response.end('/metrics\n');
      return;
    }
    textNow().then(
      (text) => {
        response.writeHead(200, { 'content-type': Registry.PROMETHEUS_CONTENT_TYPE });
        response.end(text);
      },
      (error: unknown) => {
        response.writeHead(500, { 'content-type': 'text/plain' });
        response.end(`${String(error)}\n`);
      },
    );
  });
  await listen(server, port, address);
  const bound = server.address();
  const actual = typeof bound === 'object' && bound !== null ? bound.port : port;
  return {
    address: `http://${address.includes(':') ? `[${address}]` : address}:${actual}/metrics`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function listen(server: Server, port: number, address: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new UsageError(
          error.code === 'EADDRINUSE'
            ? `--port ${port}: another program has it`
            : `--port ${port} --address ${address}: ${error.message}`,
          { cause: error },
        ),
      ),
    );
    server.listen(port, address, resolve);
  });
}
