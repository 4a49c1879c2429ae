import type { TcpCheck } from '../../domain/endpoint.ts';
import { type Ask, askWith } from '../answer/answer.ts';
import { askStream, type StreamDeps } from './stream.ts';

export const askTcp = (deps: StreamDeps): Ask<TcpCheck> =>
  askWith((endpoint, signal) => askStream(deps, endpoint, null, signal, socket => socket.destroySoon()));
