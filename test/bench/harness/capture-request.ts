import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { systemClock } from '../../../lib/domain/clock.ts';
import { withTimeout } from '../../../lib/probe/answer/with-timeout.ts';
import { promised } from '../../support/promised.ts';
import { endpointOf } from './endpoint.ts';
import { openProbe } from './probe.ts';

/** What a check of an http endpoint sends, for references to send the same bytes: `{address}` stands for host and port.
 *  `yamlOf` gives the endpoint at an address. */
export const captureRequest = async (yamlOf: (address: string) => string): Promise<string> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const sent = once(server, 'connection').then(async ([socket]) => {
    const [chunk] = await once(socket, 'data');
    socket.destroy();
    return String(chunk);
  });
  const { probe, close } = openProbe();
  const checked = withTimeout(systemClock, promised(probe))(endpointOf(yamlOf(address)));
  const request = await sent;
  close();
  server.close();
  await checked;
  return request.replaceAll(address, '{address}');
};
