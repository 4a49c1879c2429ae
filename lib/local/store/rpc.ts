/** Calls of another thread or process, over messages: whoever has the port passes on what comes in. */

export type CallMessage<Of extends string = string> = {
  readonly call: number;
  readonly of: Of;
  readonly name: string;
  /** Without the signal, which does not travel. */
  readonly parameters: readonly unknown[];
};

export type ReplyMessage =
  | { readonly kind: 'value'; readonly call: number; readonly value: unknown }
  | { readonly kind: 'error'; readonly call: number; readonly error: string };

/** Nobody waits for the call any more. */
export type CancelMessage = { readonly kind: 'cancel'; readonly call: number };

type Waiting = { readonly resolve: (value: unknown) => void; readonly reject: (cause: Error) => void };

/** The calling side. An aborted call rejects at once, and `cancel` may tell the other side. */
export const createCaller = <Of extends string>(
  post: (message: CallMessage<Of>) => void,
  cancel: (message: CancelMessage) => void = () => {},
) => {
  const waiting = new Map<number, Waiting>();
  let calls = 0;
  let ended: string | null = null;

  const send = (of: Of, name: string, given: readonly unknown[]): Promise<unknown> => {
    const last = given.at(-1);
    const signal = last instanceof AbortSignal ? last : null;
    return new Promise((resolve, reject) => {
      if (ended !== null) return reject(new Error(ended));
      if (signal?.aborted) return reject(signal.reason);
      const call = ++calls;
      const abort = (): void => {
        settle(() => reject(signal?.reason));
        cancel({ kind: 'cancel', call });
      };
      const settle = (how: () => void): void => {
        waiting.delete(call);
        signal?.removeEventListener('abort', abort);
        how();
      };
      waiting.set(call, {
        resolve: value => settle(() => resolve(value)),
        reject: cause => settle(() => reject(cause)),
      });
      signal?.addEventListener('abort', abort, { once: true });
      post({ call, of, name, parameters: signal ? given.slice(0, -1) : given });
    });
  };

  return {
    /** The functions of these names, called on the other side. */
    remote: <Calls extends object>(of: Of, names: { readonly [name in keyof Calls]: true }): Calls =>
      Object.fromEntries(
        Object.keys(names).map(name => [name, (...given: readonly unknown[]) => send(of, name, given)]),
      ) as Calls,
    settle: (reply: ReplyMessage): void => {
      const call = waiting.get(reply.call);
      if (reply.kind === 'value') call?.resolve(reply.value);
      else call?.reject(new Error(reply.error));
    },
    /** Nothing answers any more: all calls reject, also those to come. */
    end: (why: string): void => {
      ended ??= why;
      for (const { reject } of waiting.values()) reject(new Error(ended));
      waiting.clear();
    },
  };
};

type Services = { readonly [of: string]: object };

/** The answering side. Each function gets a signal as its last parameter, aborted when nobody waits any more. */
export const answerCalls = (services: Services, post: (message: ReplyMessage) => void) => {
  const underWay = new Map<number, AbortController>();

  const answerTo = async (
    { call, of, name, parameters }: CallMessage,
    signal: AbortSignal,
  ): Promise<ReplyMessage> => {
    try {
      const calls = services[of] as { readonly [name: string]: (...given: unknown[]) => unknown };
      return { kind: 'value', call, value: await calls[name]?.(...parameters, signal) };
    } catch (error) {
      return { kind: 'error', call, error: error instanceof Error ? error.message : String(error) };
    }
  };

  return {
    answer: async (message: CallMessage): Promise<void> => {
      const controller = new AbortController();
      underWay.set(message.call, controller);
      const reply = await answerTo(message, controller.signal);
      underWay.delete(message.call);
      if (!controller.signal.aborted) post(reply);
    },
    cancel: ({ call }: CancelMessage): void => underWay.get(call)?.abort(),
    /** Whoever asked is gone. */
    cancelAll: (): void => {
      for (const controller of underWay.values()) controller.abort();
    },
  };
};
