/** The one table's keys and indexes, which the stack makes and the stores use. All attributes named here are strings. */
export const table = {
  partitionKey: 'pk',
  sortKey: 'sk',
  /** DynamoDB deletes an item some time after this instant (Unix seconds, a number); an item without it stays. */
  ttlAttribute: 'expiresAtS',
  /** The history over all endpoints. One partition a month: a list reads four at most, and since every new transition
   *  goes to the newest partition whatever its span, a shorter one would not spread the writes. */
  monthsIndex: { name: 'months', partitionKey: 'month', sortKey: 'sk' },
} as const;
