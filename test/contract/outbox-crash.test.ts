import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { RuleId } from '../../lib/domain/rule.ts';
import { MAX_PENDING_IN_ITEM, type Pending, type RuleStore } from '../../lib/engine/ports/rule-store.ts';
import { never } from '../support/dynamodb.ts';
import { openTestStores } from '../support/stores.ts';
import { allPending, holder, loadOne, newId, pending, range, saveUpTo, state } from './fixtures.ts';

const TARGETS = ['#history', 'ops', 'bus'];

type Operation =
  | { readonly kind: 'save' }
  /** Of the n-th that is pending. */
  | { readonly kind: 'acknowledge'; readonly nth: number; readonly to: readonly string[] };

/** What the outbox must hold: of each version what was saved, and who still waits for it. */
type Outbox = ReadonlyMap<number, Pending>;

const without = (outbox: Outbox, version: number, names: readonly string[]): Outbox => {
  const entry = outbox.get(version);
  const to = entry?.to.filter(name => !names.includes(name)) ?? [];
  const rest = new Map(outbox);
  if (entry && to.length > 0) rest.set(version, { ...entry, to });
  else rest.delete(version);
  return rest;
};

type Model = { readonly version: number; readonly outbox: Outbox };

const perform = (
  operation: Operation,
  id: RuleId,
  epoch: number,
  model: Model,
): { readonly call: (store: RuleStore) => Promise<string>; readonly after: Model } => {
  if (operation.kind === 'save') {
    const version = model.version + 1;
    const entry = pending(id, version, TARGETS, { error: `saved under epoch ${epoch}` });
    return {
      call: store => store.save(holder(epoch), state(version), entry, never),
      after: { version, outbox: new Map([...model.outbox, [version, entry]]) },
    };
  }
  const waiting = [...model.outbox.keys()];
  const version = waiting[operation.nth % Math.max(1, waiting.length)] ?? 0;
  return {
    call: store => store.acknowledge(epoch, id, version, operation.to, never),
    after: { ...model, outbox: without(model.outbox, version, operation.to) },
  };
};

describe.each(await openTestStores())('$name', ({ store, dyingAfter }) => {
  const asRead = async (id: RuleId): Promise<Model> => {
    const read = await allPending(store, id);
    const outbox = new Map(read.map(entry => [entry.transition.version, entry]));
    expect(outbox.size).toBe(read.length);
    expect([...outbox.keys()]).toEqual([...outbox.keys()].toSorted((a, b) => a - b));
    return { version: (await loadOne(store, id))?.state.version ?? 0, outbox };
  };

  const same = ({ version, outbox }: Model) => ({
    version,
    outbox: [...outbox].map(([at, { transition, to }]) => [at, transition.error, to.toSorted()]),
  });

  /** One life of a worker: it ends when its operations are through or after `calls` calls of the database. */
  const live = async (
    id: RuleId,
    epoch: number,
    before: Model,
    { operations, calls }: { readonly operations: readonly Operation[]; readonly calls: number },
  ): Promise<Model> => {
    const mortal = dyingAfter(calls).store;
    let model = before;
    for (const operation of operations) {
      const { call, after } = perform(operation, id, epoch, model);
      try {
        expect(await call(mortal)).toBe('saved');
      } catch (death) {
        if ((death as Error).message !== 'the worker is dead') throw death;
        // Nobody can know whether the last operation went through.
        const read = await asRead(id);
        expect([same(model), same(after)]).toContainEqual(same(read));
        return read;
      }
      model = after;
    }
    expect(same(await asRead(id))).toEqual(same(model));
    return model;
  };

  const operation: fc.Arbitrary<Operation> = fc.oneof(
    { weight: 3, arbitrary: fc.constant<Operation>({ kind: 'save' }) },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('acknowledge' as const),
        nth: fc.oneof(fc.nat(3), fc.nat(100)),
        to: fc.subarray(TARGETS, { minLength: 1 }),
      }),
    },
  );
  const life = fc.record({
    operations: fc.array(operation, { minLength: 1, maxLength: 12 }),
    calls: fc.nat(30),
  });

  test('whatever a worker does and wherever it dies, no transition is lost, changed, doubled or out of order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(0, MAX_PENDING_IN_ITEM - 2, MAX_PENDING_IN_ITEM + 22),
        fc.array(life, { minLength: 1, maxLength: 3 }),
        async (alreadyPending, lives) => {
          const id = newId();
          await saveUpTo(store, id, alreadyPending);
          let model = await asRead(id);
          for (const [n, each] of lives.entries()) model = await live(id, n + 2, model, each);
        },
      ),
      { numRuns: 25 },
    );
  });

  test('a worker that dies at any call while it makes room in a full outbox loses nothing', async () => {
    for (const calls of range(0, 8)) {
      const id = newId();
      await saveUpTo(store, id, MAX_PENDING_IN_ITEM);
      const before = await asRead(id);
      await live(id, 2, before, { operations: [{ kind: 'save' }], calls });
      const saved = await live(id, 3, await asRead(id), { operations: [{ kind: 'save' }], calls: 99 });
      expect(saved.version - saved.outbox.size).toBe(0);
    }
  });

  test('a worker that dies at any call while spilled transitions are acknowledged loses no other', async () => {
    for (const calls of range(0, 8)) {
      const id = newId();
      await saveUpTo(store, id, MAX_PENDING_IN_ITEM + 1);
      const before = await asRead(id);
      const operations: Operation[] = [{ kind: 'acknowledge', nth: 40, to: ['#history', 'ops'] }];
      const after = await live(id, 2, before, { operations, calls });
      expect(after.outbox.size).toBeGreaterThanOrEqual(MAX_PENDING_IN_ITEM);
    }
  });

  test('what was delivered after a death in the middle of making room does not come back when room is made again', async () => {
    for (const calls of range(1, 5)) {
      const id = newId();
      await saveUpTo(store, id, MAX_PENDING_IN_ITEM);
      const dying = dyingAfter(calls).store;
      await dying.save(holder(1), state(51), pending(id, 51, TARGETS), never).catch(() => {});
      const { version: last } = await asRead(id);
      for (const version of range(1, last)) await store.acknowledge(2, id, version, TARGETS, never);
      for (const version of range(last + 1, last + 51))
        await store.save(holder(2), state(version), pending(id, version, TARGETS), never);
      expect([...(await asRead(id)).outbox.keys()]).toEqual(range(last + 1, last + 51));
    }
  });

  test('a worker that was replaced while it made room cannot bring anything else in', async () => {
    const id = newId();
    await saveUpTo(store, id, MAX_PENDING_IN_ITEM);
    const next = store;
    for (const version of range(51, 53))
      await next.save(
        holder(2),
        state(version),
        pending(id, version, TARGETS, { error: 'of the next owner' }),
        never,
      );
    const late = store;
    const stale = pending(id, 51, TARGETS, { error: 'of the owner before' });
    expect(await late.save(holder(1), state(51, { streak: 9 }), stale, never)).toBe('fenced');
    for (const version of range(1, 53))
      await next.acknowledge(2, id, version, ['#history', 'ops', 'bus'], never);
    expect(await asRead(id)).toEqual({ version: 53, outbox: new Map() });
  });
});
