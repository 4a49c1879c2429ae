import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Order, Orders, Ports, Told } from './outside/orders.ts';
import { watchPauses } from './outside/pauses.ts';
import { createReceiver } from './outside/receiver.ts';
import { createService } from './outside/service.ts';

/** Services that are watched and receivers of what is told of them, as a process of its own: what starves or stops the
 *  monitor and those who judge it leaves them alone. Ends with whoever started it. */

const BACKLOG = 8192;
/** All of loopback: many endpoints have addresses of their own. */
const ANYWHERE = '0.0.0.0';

/** Before, the first answers take some 100 ms. */
const WARM_REQUESTS = 50;

const seed = Number(process.argv[2]);
const service = createService(seed);
const receiver = createReceiver(seed);

const listen = async (server: Server, port = 0): Promise<number> => {
  server.listen({ port, host: ANYWHERE, backlog: BACKLOG });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
};

const warmUp = async (port: number): Promise<void> => {
  for (let left = WARM_REQUESTS; left > 0; left--)
    await (await fetch(`http://127.0.0.1:${port}/up/warm`)).text();
  service.recorder.clear();
};

const pauses = watchPauses();
const ports: Ports = { service: await listen(service.server), receiver: await listen(receiver.server) };

const obey: {
  readonly [O in Order]: (given: Orders[O]['with']) => Orders[O]['gives'] | Promise<Orders[O]['gives']>;
} = {
  replace: ({ behaviour, by }) => {
    service.replace(behaviour, by);
    return null;
  },
  heal: () => {
    receiver.heal();
    return null;
  },
  closeReceiver: () => {
    receiver.server.close();
    receiver.server.closeAllConnections();
    return null;
  },
  openReceiver: async () => {
    await listen(receiver.server, ports.receiver);
    return null;
  },
  answered: () => ({ total: service.recorder.total(), endpoints: service.recorder.endpoints() }),
  answers: () => service.recorder.answers(),
  pauses,
  arrivals: from => receiver.arrivals.slice(from),
};

process.on('message', async ({ call, order, with: given }: Told) => {
  const gives = await (obey[order] as (given: unknown) => unknown)(given);
  process.send?.({ call, gives });
});
await warmUp(ports.service);
process.once('disconnect', () => process.exit());
process.send?.(ports);
