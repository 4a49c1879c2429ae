import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { RenderedAs } from '../domain/rendered.ts';
import type { Outcome } from '../engine/ports/send.ts';
import { attempt } from './send-attempt.ts';
import { type AwsSendDeps, clientPerRegion, regionOfArn } from './send-client.ts';

/** Accepted once Lambda has queued it: how the function ends is Lambda's matter. */
export const lambdaSender = (deps: AwsSendDeps) => {
  const clientIn = clientPerRegion(deps, config => new LambdaClient(config));
  return ({ rendered }: { readonly rendered: RenderedAs<'lambda'> }, signal: AbortSignal): Promise<Outcome> =>
    attempt(deps.clock, 'Lambda', signal, async abortSignal => {
      const { functionArn, payload } = rendered;
      await clientIn(regionOfArn(functionArn)).send(
        new InvokeCommand({
          FunctionName: functionArn,
          InvocationType: 'Event',
          Payload: JSON.stringify(payload),
        }),
        { abortSignal },
      );
      return { kind: 'accepted' };
    });
};
