import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { type Reply, refusal, type Slices } from './reply.ts';

const HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
};

/** One slice of one reply a turn of the loop, however many replies are under way. */
const takeTurns = () => {
  let last: Promise<unknown> = Promise.resolve();
  return (): Promise<unknown> => {
    last = last.then(() => setImmediate());
    return last;
  };
};

/** The metrics of 10,000 endpoints are 14 MB, held until the client has taken them. */
const MOST_SLICED_AT_ONCE = 8;

export const createSend = () => {
  const turn = takeTurns();
  /** What ends each open event stream. */
  const streams = new Set<() => void>();
  let sliced = 0;

  const sendSlices = async (response: ServerResponse, slices: Slices, signal: AbortSignal) => {
    for await (const slice of slices) {
      if (slice.length > 0 && !response.write(slice)) await once(response, 'drain', { signal });
      await turn();
      if (signal.aborted) return;
    }
    response.end();
  };

  /** Resolves when the reply is written, or once the client is gone. */
  const send = async (response: ServerResponse, reply: Reply, signal: AbortSignal): Promise<void> => {
    const bodiless = response.req.method === 'HEAD';
    switch (reply.kind) {
      case 'json': {
        const body = `${JSON.stringify(reply.body)}\n`;
        response.writeHead(reply.status, {
          ...HEADERS,
          ...reply.headers,
          'content-type': 'application/json; charset=utf-8',
          'content-length': Buffer.byteLength(body),
        });
        response.end(bodiless ? '' : body);
        return;
      }
      case 'slices': {
        if (sliced >= MOST_SLICED_AT_ONCE)
          return send(
            response,
            refusal(503, 'too many long answers at once. Try again in a second.', { 'retry-after': '1' }),
            signal,
          );
        response.writeHead(200, { ...HEADERS, 'content-type': reply.contentType });
        if (bodiless) {
          response.end();
          return;
        }
        sliced++;
        try {
          await sendSlices(response, reply.slices(), signal);
        } catch (error) {
          if (!signal.aborted) throw error;
        } finally {
          sliced--;
        }
        return;
      }
      case 'events': {
        response.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream; charset=utf-8' });
        if (bodiless || signal.aborted) {
          response.end();
          return;
        }
        const close = reply.open({
          write: text => response.write(text),
          waitingBytes: () => response.writableLength,
          onDrain: run => response.on('drain', run),
        });
        const end = () => {
          if (!streams.delete(end)) return;
          close();
          response.end();
        };
        streams.add(end);
        signal.addEventListener('abort', end);
        return;
      }
      default:
        reply satisfies never;
    }
  };

  return {
    send,
    endStreams: () => {
      for (const end of streams) end();
    },
  };
};
