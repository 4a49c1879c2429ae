type Slice = string | Uint8Array;
export type Slices = Iterable<Slice> | AsyncIterable<Slice>;

/** What a route answers, before anything is written. */
export type Reply =
  | {
      readonly kind: 'json';
      readonly status: number;
      readonly headers: { readonly [name: string]: string };
      readonly body: object;
    }
  /** Long text, made and written one slice a turn of the loop. */
  | {
      readonly kind: 'slices';
      readonly contentType: string;
      readonly slices: () => Slices;
    }
  /** Stays open. `open` returns what to do once the client is gone. */
  | { readonly kind: 'events'; readonly open: (client: EventClient) => () => void };

export type EventClient = {
  readonly write: (text: string) => void;
  /** Written but not yet taken by the client. */
  readonly waitingBytes: () => number;
  /** Called each time that the client has taken all. */
  readonly onDrain: (run: () => void) => void;
};

export const json = (
  status: number,
  body: object,
  headers: { readonly [name: string]: string } = {},
): Reply => ({
  kind: 'json',
  status,
  headers,
  body,
});

export const refusal = (
  status: number,
  message: string,
  headers: { readonly [name: string]: string } = {},
): Reply => json(status, { error: { message } }, headers);
