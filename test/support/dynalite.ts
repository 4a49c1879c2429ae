import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import dynalite from 'dynalite';

/** A DynamoDB in memory, behind HTTP. */
export const createDynalite = (): Server =>
  dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });

export type Listening = { readonly url: string; readonly close: () => Promise<void> };

/** On a port of its own. */
export const listen = async (server: Server): Promise<Listening> => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      const closed = new Promise(resolve => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
};
