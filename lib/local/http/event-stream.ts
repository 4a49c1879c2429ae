import type { Clock } from '../../domain/clock.ts';
import type { EndpointId } from '../../domain/endpoint.ts';
import type { LiveEvents, LiveKind, LiveMessages } from './live.ts';
import { type EventClient, type Reply, refusal } from './reply.ts';

const MOST_CLIENTS = 64;
/** For one client, here and in its socket together. What is over is lost, and the client is told. */
const MOST_WAITING_BYTES = 256 * 1024;
/** Checks are many: they leave room for transitions and deliveries. */
const MOST_WAITING_BYTES_OF_EVENTS = MOST_WAITING_BYTES / 2;
/** One write for all that happened meanwhile: a write for each message costs more than the message. */
const FLUSH_EVERY_MS = 50;
const PING_EVERY_MS = 15_000;
const RECONNECT_AFTER_MS = 2000;

/** What goes to one client. Returns its end. */
const openStream = (clock: Clock, client: EventClient) => {
  let batch = '';
  let lost = 0;
  let cancelFlush: (() => void) | null = null;

  const waitingBytes = () => batch.length + client.waitingBytes();

  const flush = () => {
    cancelFlush?.();
    cancelFlush = null;
    if (lost > 0 && waitingBytes() < MOST_WAITING_BYTES_OF_EVENTS) tellLoss();
    if (batch === '') return;
    client.write(batch);
    batch = '';
    if (lost > 0) flushSoon();
  };
  const flushSoon = () => {
    cancelFlush ??= clock.after(FLUSH_EVERY_MS, flush);
  };
  const tellLoss = () => {
    batch += `event: lost\ndata: {"lost":${lost}}\n\n`;
    lost = 0;
  };

  const push = ({ kind, count, text }: LiveMessages) => {
    const room = kind === 'event' ? MOST_WAITING_BYTES_OF_EVENTS : MOST_WAITING_BYTES;
    if (waitingBytes() >= room) {
      lost += count;
      return;
    }
    if (lost > 0) tellLoss();
    batch += text();
    flushSoon();
  };

  let cancelPing = () => {};
  const ping = () => {
    if (client.waitingBytes() === 0) client.write(': ping\n\n');
    cancelPing = clock.after(PING_EVERY_MS, ping);
  };

  client.write(`retry: ${RECONNECT_AFTER_MS}\n\n`);
  cancelPing = clock.after(PING_EVERY_MS, ping);
  client.onDrain(() => {
    if (lost > 0) flush();
  });
  return {
    push,
    lose: (count: number) => {
      lost += count;
      flushSoon();
    },
    end: () => {
      cancelFlush?.();
      cancelPing();
    },
  };
};

export const createEventStreams = ({ live, clock }: { readonly live: LiveEvents; readonly clock: Clock }) => {
  let clients = 0;
  return (wanted: { readonly endpoint: EndpointId | null; readonly kinds: ReadonlySet<LiveKind> }): Reply => {
    if (clients >= MOST_CLIENTS)
      return refusal(503, `${MOST_CLIENTS} clients follow the events already. Close one and try again.`, {
        'retry-after': '5',
      });
    return {
      kind: 'events',
      open: client => {
        clients++;
        const stream = openStream(clock, client);
        const unsubscribe = live.subscribe({ ...wanted, ...stream });
        return () => {
          clients--;
          unsubscribe();
          stream.end();
        };
      },
    };
  };
};
