import { type ChannelDestination, channelId, isChannelDestination } from './channel.ts';
import type { Config } from './config.ts';
import type { Target } from './target.ts';

/** One way out of the bus. */
export type Channel = {
  readonly id: string;
  readonly to: ChannelDestination;
  readonly maxPerSecond: number;
  /** The targets that share it; the first one's place stands for all in messages. */
  readonly targets: readonly Target[];
};

/** The targets that an endpoint names: what nobody uses needs no resource. */
export const usedTargets = ({ endpoints, targets }: Config): readonly Target[] => {
  const named = new Set(endpoints.flatMap(endpoint => endpoint.targets));
  return targets.filter(({ name }) => named.has(name));
};

/** By id, so that a template does not change with the order of files. */
export const channelsOf = (config: Config): readonly Channel[] => {
  const channels = new Map<string, Channel>();
  for (const target of usedTargets(config)) {
    const { to, maxPerSecond } = target;
    if (!isChannelDestination(to)) continue;
    const id = channelId(to, target);
    channels.set(id, { id, to, maxPerSecond, targets: [...(channels.get(id)?.targets ?? []), target] });
  }
  return [...channels.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
};

export const isTo =
  <Kind extends ChannelDestination['kind']>(kind: Kind) =>
  (channel: Channel): channel is ChannelTo<Kind> =>
    channel.to.kind === kind;

export type ChannelTo<Kind extends ChannelDestination['kind']> = Channel & {
  readonly to: Extract<ChannelDestination, { readonly kind: Kind }>;
};
