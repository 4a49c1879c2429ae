import { SECRET } from '../world/config.ts';
import type { Invariant } from './invariant.ts';

/** A secret's value is in nothing that is saved, sent or told. */
export const secrets: Invariant = {
  name: 'secrets',
  promises: [7],
  broken: function* (_, timeline) {
    for (const seen of [...timeline.all('save done'), ...timeline.all('sent'), ...timeline.all('told')])
      if (JSON.stringify(seen.transition).includes(SECRET))
        yield { atMs: seen.atMs, message: `${seen.transition.id} holds a secret` };
    for (const { atMs, message } of timeline.all('problem'))
      if (message.includes(SECRET)) yield { atMs, message: 'a problem holds a secret' };
  },
};
