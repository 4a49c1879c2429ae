import type { Target } from '../../domain/target.ts';
import type { Send } from '../../engine/ports/send.ts';
import { type RenderContext, render } from '../../wording/render.ts';
import type { ServiceSenders } from './print.ts';
import { type RunDeps, runSender } from './run.ts';
import { type DestinationKind, failed, refused, type Sender, type Senders } from './sender.ts';
import { type WebhookDeps, webhookSender } from './webhook.ts';

export type SendDeps = WebhookDeps &
  RunDeps &
  RenderContext & {
    /** As the files define it now. */
    readonly targetNamed: (name: string) => Target | undefined;
    /** `printSenders`, or with `--aws` the real ones. */
    readonly services: ServiceSenders;
  };

export const createSend = (deps: SendDeps): Send => {
  const senders: Senders = { ...deps.services, webhook: webhookSender(deps), run: runSender(deps) };
  return async (name, transition, signal) => {
    const target = deps.targetNamed(name);
    if (target === undefined) return refused(`no file defines the target "${name}" any more`);
    try {
      const { to } = target;
      const rendered = render(target, transition, deps);
      // `render` keeps the kind, which the type of a map cannot tell.
      const send = senders[to.kind] as Sender<DestinationKind>;
      return await send({ target, to, rendered, transition }, signal);
    } catch (error) {
      return failed((error as Error).message);
    }
  };
};
