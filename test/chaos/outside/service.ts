import { createServer, type Server } from 'node:http';
import { behave, type Reply } from './behaviours.ts';
import { createRecorder, type Recorder } from './spans.ts';

const KEPT_FOR_MS = 120_000;

export type Service = {
  readonly server: Server;
  readonly recorder: Recorder;
  /** Whatever it was told by a path, from now on an endpoint of this behaviour does that one. */
  readonly replace: (behaviour: string, by: string) => void;
};

/** The watched services: `GET /flap/shop` is the endpoint `shop`, which flaps. What each answered is kept. */
export const createService = (seed: number): Service => {
  const recorder = createRecorder();
  const replies = new Map<string, (nowMs: number) => Reply>();
  const replaced = new Map<string, string>();

  const replyTo = (path: string, nowMs: number): Reply => {
    const known = replies.get(path);
    if (known) return known(nowMs);
    const [, behaviour = '', endpoint = ''] = path.split('/');
    const reply = behave(replaced.get(behaviour) ?? behaviour, endpoint, seed, nowMs);
    replies.set(path, reply);
    return reply(nowMs);
  };

  const server = createServer((request, response) => {
    const path = request.url ?? '';
    const reply = replyTo(path, Date.now());
    if (reply === null) return;
    const send = (): void => {
      recorder.add(path.slice(path.lastIndexOf('/') + 1), reply.status, Date.now());
      response.writeHead(reply.status, { 'content-type': 'application/json' }).end(reply.body);
    };
    if (reply.afterMs > 0) setTimeout(send, reply.afterMs);
    else send();
  });
  server.keepAliveTimeout = KEPT_FOR_MS;

  return {
    server,
    recorder,
    replace: (behaviour, by) => {
      replaced.set(behaviour, by);
      for (const path of replies.keys()) if (path.startsWith(`/${behaviour}/`)) replies.delete(path);
    },
  };
};
