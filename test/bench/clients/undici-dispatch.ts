import { Client, type Dispatcher } from 'undici';
import type { Sample } from '../benchmark.ts';
import type { BareHttpParams } from './bare-http.ts';
import { addressOf } from './endpoints.ts';
import { createGauge } from './gauge.ts';

/** `GET /status HTTP/1.1`, then a header a line. undici writes `host` and `connection` itself. */
const partsOf = (request: string) => {
  const [first = '', ...lines] = request.split('\r\n').filter(line => line !== '');
  const [method = '', path = ''] = first.split(' ');
  const headers = lines
    .map(line => line.split(/:\s*/))
    .filter(([name = '']) => !/^(host|connection)$/i.test(name))
    .flatMap(([name = '', ...value]) => [name, value.join(': ')]);
  return { method: method as Dispatcher.HttpMethod, path, headers };
};

/** undici at its lowest level: a client a connection, a handler that reads the answer and keeps nothing. */
export const runUndiciDispatch = async (params: BareHttpParams): Promise<Sample> => {
  const { count, port } = params;
  const gauge = createGauge();
  const request = partsOf(params.request);

  const open = (host: string): void => {
    const client = new Client(`http://${host}:${port}`, { headersTimeout: 0, bodyTimeout: 0 });
    let sentAtMs = 0;
    const handler: Dispatcher.DispatchHandler = {
      onConnect: () => {},
      onHeaders: () => true,
      onData: () => true,
      onComplete: () => {
        gauge.done(performance.now() - sentAtMs);
        send();
      },
      onError: error => gauge.fail(error.message),
    };
    const send = (): void => {
      sentAtMs = performance.now();
      client.dispatch(request, handler);
    };
    send();
  };

  for (let at = 0; at < count; at++) open(addressOf(at + 1));
  return gauge.measure(params);
};
