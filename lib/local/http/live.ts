import type { EndpointId } from '../../domain/endpoint.ts';
import type { RuleId } from '../../domain/rule.ts';
import type { Observer } from '../../engine/events/observer.ts';
import { eventsOf } from '../../engine/events/of-check.ts';
import { externalTransition } from '../../wording/external.ts';
import { externalDelivery } from '../log/external-delivery.ts';

export const liveKinds = ['transition', 'delivery', 'event'] as const;
export type LiveKind = (typeof liveKinds)[number];

/** Some messages at once, as server-sent events: the text is made at the first call only. */
export type LiveMessages = { readonly kind: LiveKind; readonly count: number; readonly text: () => string };

type LiveListener = {
  readonly kinds: ReadonlySet<LiveKind>;
  /** null: of all. */
  readonly endpoint: EndpointId | null;
  readonly push: (messages: LiveMessages) => void;
  /** So many messages did not even get here. */
  readonly lose: (count: number) => void;
};

export type LiveEvents = {
  /** To be given to the engine. */
  readonly observer: Observer;
  /** Returns how to stop. */
  readonly subscribe: (listener: LiveListener) => () => void;
  /** Endpoints whose events somebody follows. */
  readonly followed: () => 'all' | readonly EndpointId[];
  /** Calls at each change of that. */
  readonly onFollowed: (run: () => void) => void;
  /** Events were lost before they got here. */
  readonly loseEvents: (count: number) => void;
};

const messages = (kind: LiveKind, bodies: readonly object[], id?: string): LiveMessages => {
  let text: string | null = null;
  const head = `${id === undefined ? '' : `id: ${id}\n`}event: ${kind}\ndata: `;
  return {
    kind,
    count: bodies.length,
    text: () => {
      text ??= bodies.map(body => `${head}${JSON.stringify(body)}\n\n`).join('');
      return text;
    },
  };
};

/** Tells each listener what the engine does. Costs the engine a comparison while nobody listens. */
export const createLiveEvents = (): LiveEvents => {
  const listeners = new Set<LiveListener>();
  let tellFollowed = () => {};
  const ofEvents = (): readonly LiveListener[] => [...listeners].filter(({ kinds }) => kinds.has('event'));

  const publish = (kind: LiveKind, endpoint: RuleId, make: () => LiveMessages) => {
    let made: LiveMessages | null = null;
    for (const listener of listeners) {
      if (!listener.kinds.has(kind)) continue;
      if (listener.endpoint !== null && listener.endpoint !== endpoint) continue;
      made ??= make();
      listener.push(made);
    }
  };

  return {
    observer: {
      onCheck: check => {
        if (listeners.size === 0) return;
        publish('event', check.endpoint.id, () =>
          messages(
            'event',
            eventsOf(check).map(({ name, value, atMs }) => ({ name, value, at_ms: Math.floor(atMs) })),
          ),
        );
      },
      onTransition: transition =>
        publish('transition', transition.ruleId, () =>
          messages('transition', [externalTransition(transition)], transition.id),
        ),
      onDelivery: report =>
        publish('delivery', report.transition.ruleId, () => messages('delivery', [externalDelivery(report)])),
    },
    subscribe: listener => {
      listeners.add(listener);
      tellFollowed();
      return () => {
        listeners.delete(listener);
        tellFollowed();
      };
    },
    followed: () => {
      const ids = ofEvents().map(({ endpoint }) => endpoint);
      return ids.includes(null) ? 'all' : [...new Set(ids.filter(id => id !== null))];
    },
    onFollowed: run => {
      tellFollowed = run;
    },
    loseEvents: count => {
      for (const { lose } of ofEvents()) lose(count);
    },
  };
};
