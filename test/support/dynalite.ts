import { once } from 'node:events';
import { type IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import dynalite from 'dynalite';

/** A DynamoDB in memory, behind HTTP. */
export const createDynalite = (): Server => {
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  // It throws when a client hangs up in the middle of a request, as one does whose worker dies.
  server.on('request', (request: IncomingMessage) => request.removeAllListeners('error'));
  return server;
};

export type Listening = { readonly url: string; readonly close: () => Promise<void> };

/** On a port of its own. */
export const listen = async (server: Server): Promise<Listening> => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      // Not its own `close`: that takes the database from under calls that are still at work, and these throw.
      const closed = new Promise(resolve => Server.prototype.close.call(server, resolve));
      server.closeAllConnections();
      await closed;
    },
  };
};
