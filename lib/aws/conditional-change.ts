import { ConditionalCheckFailedException, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { Database } from './dynamodb-client.ts';
import type { Item, Key } from './items.ts';

export type Change = {
  readonly key: Key;
  readonly update: string;
  readonly when?: string;
  readonly names?: { readonly [placeholder: string]: string };
  readonly values?: Item;
};

export type Changed =
  /** The item as it is now. */
  | { readonly kind: 'changed'; readonly item: Item }
  /** The item that the condition does not hold for; undefined: there is none. */
  | { readonly kind: 'refused'; readonly item: Item | undefined };

export const readItem =
  ({ client, table }: Database) =>
  async (key: Key, signal: AbortSignal): Promise<Item | undefined> => {
    const { Item } = await client.send(
      new GetItemCommand({ TableName: table, Key: key, ConsistentRead: true }),
      { abortSignal: signal },
    );
    return Item;
  };

/** One UpdateItem, conditional where there is a condition. `wanted` says whether the caller needs the changed item. */
export const change =
  (db: Database) =>
  async (
    { key, update, when, names, values }: Change,
    signal: AbortSignal,
    wanted: 'item' | 'nothing' = 'nothing',
  ): Promise<Changed> => {
    try {
      const { Attributes } = await db.client.send(
        new UpdateItemCommand({
          TableName: db.table,
          Key: key,
          UpdateExpression: update,
          ...(when && { ConditionExpression: when }),
          ...(names && { ExpressionAttributeNames: names }),
          ...(values && { ExpressionAttributeValues: values }),
          ReturnValues: wanted === 'item' ? 'ALL_NEW' : 'NONE',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
        { abortSignal: signal },
      );
      return { kind: 'changed', item: Attributes ?? {} };
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      // dynalite does not tell the item that refused.
      return { kind: 'refused', item: error.Item ?? (await readItem(db)(key, signal)) };
    }
  };
