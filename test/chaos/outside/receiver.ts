import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';
import type { ExternalTransition } from '../../../lib/wording/external.ts';
import { seeded } from '../harness/random.ts';

/** One attempt to deliver, as its receiver saw it. */
export type Arrival = {
  readonly atMs: number;
  /** The target's name, which is its path. */
  readonly target: string;
  readonly id: string;
  /** What was answered; null where there was no answer. */
  readonly status: number | null;
  readonly transition: ExternalTransition;
};

type Manners = { readonly status: number | null; readonly afterMs?: number; readonly retryAfter?: string };

/** How a target of this name takes what it is sent. */
const mannersOf = (target: string, random: () => number): Manners => {
  const chance = random();
  switch (target) {
    case 'flaky':
      return { status: chance < 0.3 ? 500 : 200 };
    case 'slow':
      return { status: 200, afterMs: chance * 1500 };
    case 'limit':
      return chance < 0.3 ? { status: 429, retryAfter: '1' } : { status: 200 };
    case 'close':
      return { status: chance < 0.2 ? null : 200 };
    default:
      return { status: 200 };
  }
};

export type Receiver = {
  readonly server: Server;
  /** In order of arrival. */
  readonly arrivals: readonly Arrival[];
  /** From now on every target takes all. */
  readonly heal: () => void;
};

/** Webhooks: `POST /flaky` is the target `flaky`. */
export const createReceiver = (seed: number): Receiver => {
  const arrivals: Arrival[] = [];
  const random = seeded(seed);
  let isHealed = false;

  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const packed = request.headers['content-encoding'] === 'gzip';
    const body = await text(packed ? request.pipe(createGunzip()) : request).catch(() => null);
    if (body === null) return;
    const target = request.url?.slice(1) ?? '';
    const { status, afterMs = 0, retryAfter } = isHealed ? { status: 200 } : mannersOf(target, random);
    const id = String(request.headers['idempotency-key']);
    arrivals.push({ atMs: Date.now(), target, id, status, transition: JSON.parse(body) });
    if (status === null) return void request.socket.destroy();
    const answer = (): void => {
      response.writeHead(status, retryAfter === undefined ? {} : { 'retry-after': retryAfter }).end();
    };
    if (afterMs > 0) setTimeout(answer, afterMs);
    else answer();
  };

  return {
    server: createServer((request, response) => void take(request, response)),
    arrivals,
    heal: () => {
      isHealed = true;
    },
  };
};
