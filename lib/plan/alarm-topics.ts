import { type Channel, channelsOf } from '../domain/channel-list.ts';
import type { Config } from '../domain/config.ts';
import { isSelf } from '../domain/self.ts';

/** Topics among the targets that `self` names: they hear of the monitor's own alarms too. */
export const alarmTopicChannels = (config: Config): readonly Channel[] => {
  const ofSelf = new Set(config.endpoints.filter(isSelf).flatMap(({ targets }) => targets));
  return channelsOf(config).filter(
    ({ to, targets }) =>
      (to.kind === 'sns' || to.kind === 'recipients') && targets.some(({ name }) => ofSelf.has(name)),
  );
};
