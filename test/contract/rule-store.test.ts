import { describe, expect, test } from '@jest/globals';
import { MAX_TRANSITION_BYTES } from '../../lib/domain/bounded-transition.ts';
import { HISTORY, MAX_PENDING_IN_ITEM } from '../../lib/engine/ports/rule-store.ts';
import { never } from '../support/dynamodb.ts';
import { openTestStores } from '../support/stores.ts';
import { allPending, holder, loadOne, newId, pending, range, saveUpTo, state, versions } from './fixtures.ts';

describe.each(await openTestStores())('$name', ({ store, dyingAfter }) => {
  test('a rule that was never saved is absent', async () => {
    expect(await loadOne(store, newId())).toBeUndefined();
  });

  test('a saved state and its transition come back as they were', async () => {
    const id = newId();
    const saved = state(1, { notifiedAtMs: 1_790_000_000_123.5, streakOk: true, announced: null });
    const to = [HISTORY, 'a.b/c#d e"é', 'ops'];
    expect(await store.save(holder(1), saved, pending(id, 1, to), never)).toBe('saved');
    const loaded = await loadOne(store, id);
    // A set: each DynamoDB gives it back in an order of its own.
    const inOrder = loaded?.pending.map(entry => ({ ...entry, to: entry.to.toSorted() }));
    expect({ ...loaded, pending: inOrder }).toEqual({
      jobset: 'all',
      state: saved,
      pending: [pending(id, 1, to)],
      spilled: false,
    });
  });

  test('transitions are pending in the order they were saved, past the tenth too', async () => {
    const id = newId();
    await saveUpTo(store, id, 12);
    expect(versions((await loadOne(store, id))?.pending ?? [])).toEqual(range(1, 12));
  });

  test('a save on another version than the saved one is a conflict and changes nothing', async () => {
    const id = newId();
    await saveUpTo(store, id, 2);
    const before = await loadOne(store, id);
    for (const version of [1, 2, 4]) {
      const other = state(version, { streak: 99 });
      expect(await store.save(holder(1), other, pending(id, version), never)).toBe('conflict');
    }
    expect(await store.save(holder(1), state(2), pending(newId(), 2), never)).toBe('conflict');
    expect(await loadOne(store, id)).toEqual(before);
  });

  test('a transition that stands for earlier ones follows the version before those', async () => {
    const id = newId();
    await saveUpTo(store, id, 2);
    const merged = pending(id, 6, ['ops'], { merged: 3 });
    expect(await store.save(holder(1), state(6), pending(id, 6, ['ops'], { merged: 2 }), never)).toBe(
      'conflict',
    );
    expect(await store.save(holder(1), state(6), merged, never)).toBe('saved');
    expect(await store.save(holder(1), state(6), merged, never)).toBe('saved');
    expect((await loadOne(store, id))?.pending.at(-1)).toEqual(merged);
    const other = newId();
    expect(await store.save(holder(1), state(3), pending(other, 3, ['ops'], { merged: 2 }), never)).toBe(
      'saved',
    );
  });

  test('of two savers of one version one wins, and the other has a conflict', async () => {
    const id = newId();
    await saveUpTo(store, id, 1);
    const outcomes = await Promise.all(
      [7, 8].map(streak => store.save(holder(1), state(2, { streak }), pending(id, 2), never)),
    );
    expect(outcomes.toSorted()).toEqual(['conflict', 'saved']);
  });

  test('once a later epoch has saved, an earlier one is fenced', async () => {
    const id = newId();
    await saveUpTo(store, id, 1);
    expect(await store.save(holder(3), state(2), pending(id, 2), never)).toBe('saved');
    for (const version of [1, 2, 3])
      expect(await store.save(holder(2), state(version), pending(id, version), never)).toBe('fenced');
    expect(await store.acknowledge(2, id, 1, ['ops'], never)).toBe('fenced');
    expect(await store.acknowledge(2, id, 1, [HISTORY, 'ops'], never)).toBe('fenced');
    expect(versions((await loadOne(store, id))?.pending ?? [])).toEqual([1, 2]);
  });

  test('a save whose answer got lost can be repeated, the first of a rule too', async () => {
    const id = newId();
    for (const version of [1, 2]) {
      await store.save(holder(1), state(version), pending(id, version), never);
      expect(await store.save(holder(1), state(version), pending(id, version), never)).toBe('saved');
    }
    expect(versions((await loadOne(store, id))?.pending ?? [])).toEqual([1, 2]);
  });

  test('a save is recognised as repeated after its transition was delivered', async () => {
    const id = newId();
    await saveUpTo(store, id, 1);
    await store.acknowledge(1, id, 1, [HISTORY, 'ops'], never);
    expect(await store.save(holder(1), state(1), pending(id, 1), never)).toBe('saved');
    expect((await loadOne(store, id))?.pending).toEqual([]);
  });

  test('what got a transition is taken off, the rest still waits', async () => {
    const id = newId();
    const names = [HISTORY, 'ops', 'data#dog/1.x'];
    await store.save(holder(1), state(1), pending(id, 1, names), never);
    expect(await store.acknowledge(1, id, 1, ['data#dog/1.x'], never)).toBe('saved');
    expect((await loadOne(store, id))?.pending[0]?.to).toEqual([HISTORY, 'ops']);
    expect(await store.acknowledge(1, id, 1, [HISTORY, 'ops'], never)).toBe('saved');
    expect((await loadOne(store, id))?.pending).toEqual([]);
  });

  test('an acknowledgement can be repeated, and of what is not there it is nothing', async () => {
    const id = newId();
    await saveUpTo(store, id, 2);
    for (const to of [['ops'], ['ops'], ['nobody'], [], [HISTORY, 'ops'], [HISTORY]])
      expect(await store.acknowledge(1, id, 1, to, never)).toBe('saved');
    expect(await store.acknowledge(1, id, 9, ['ops'], never)).toBe('saved');
    expect(await store.acknowledge(1, newId(), 1, ['ops'], never)).toBe('saved');
    expect(await loadOne(store, id)).toMatchObject({ pending: [pending(id, 2)] });
  });

  test('acknowledgements of one transition at the same time leave nothing behind', async () => {
    const id = newId();
    const names = ['a', 'b', 'c', 'd'];
    await store.save(holder(1), state(1), pending(id, 1, names), never);
    await Promise.all(names.map(name => store.acknowledge(1, id, 1, [name], never)));
    expect((await loadOne(store, id))?.pending).toEqual([]);
  });

  test('130 pending transitions are all kept, in order, in pages', async () => {
    const id = newId();
    await saveUpTo(store, id, 130);
    const saved = await loadOne(store, id);
    expect(versions(saved?.pending ?? [])).toEqual(range(1, MAX_PENDING_IN_ITEM));
    expect(saved).toMatchObject({ spilled: true, state: state(130) });
    expect(versions(await store.loadSpilled(id, 50, never))).toEqual(range(51, 100));
    expect(versions(await store.loadSpilled(id, 100, never))).toEqual(range(101, 130));
    expect(await store.loadSpilled(id, 130, never)).toEqual([]);
    expect(await allPending(store, id)).toEqual(range(1, 130).map(version => pending(id, version)));
  });

  test('spilled transitions are acknowledged like others, and then there is nothing left of them', async () => {
    const id = newId();
    await saveUpTo(store, id, 80);
    await store.acknowledge(1, id, 45, [HISTORY], never);
    expect((await allPending(store, id))[44]?.to).toEqual(['ops']);
    for (const version of range(1, 79)) await store.acknowledge(1, id, version, [HISTORY, 'ops'], never);
    expect(await loadOne(store, id)).toEqual({
      jobset: 'all',
      state: state(80),
      pending: [pending(id, 80)],
      spilled: false,
    });
    await saveUpTo(store, id, 85, 81);
    expect(versions((await loadOne(store, id))?.pending ?? [])).toEqual(range(80, 85));
  });

  test('a spilled transition is not touched by an earlier epoch', async () => {
    const id = newId();
    await saveUpTo(store, id, 60);
    await store.save(holder(2), state(61), pending(id, 61), never);
    expect(await store.acknowledge(1, id, 40, [HISTORY, 'ops'], never)).toBe('fenced');
    expect(versions(await allPending(store, id))).toEqual(range(1, 61));
  });

  test('a full outbox is fenced and has conflicts like any other', async () => {
    const id = newId();
    await saveUpTo(store, id, MAX_PENDING_IN_ITEM);
    expect(await store.save(holder(1), state(53), pending(id, 53), never)).toBe('conflict');
    expect(await store.save(holder(2), state(51), pending(id, 51), never)).toBe('saved');
    expect(await store.save(holder(1), state(52), pending(id, 52), never)).toBe('fenced');
  });

  test('a transition with huge texts and values fits, and keeps what matters', async () => {
    const id = newId();
    const deep = Object.fromEntries(range(1, 200).map(n => [`key-${n}`, ['é"\n'.repeat(500), { n }]]));
    const huge = pending(id, 1, ['ops'], { error: 'x'.repeat(1e6), values: deep });
    await store.save(holder(1), state(1), huge, never);
    const kept = (await loadOne(store, id))?.pending[0]?.transition;
    expect(kept).toMatchObject({
      id: `${id}#1`,
      state: 'fail',
      statusCode: 503,
      subject: huge.transition.subject,
    });
    expect(kept?.error).toMatch(/^x+…$/);
    expect(Buffer.byteLength(JSON.stringify(kept))).toBeLessThanOrEqual(MAX_TRANSITION_BYTES);
  });

  test('fifty of the largest transitions fit into one item', async () => {
    const id = newId();
    const names = range(1, 40).map(n => `target-with-a-rather-long-name-${n}`);
    for (const version of range(1, 51)) {
      const huge = pending(id, version, names, { error: 'é'.repeat(1e4), values: { body: 'é'.repeat(1e4) } });
      expect(await store.save(holder(1), state(version), huge, never)).toBe('saved');
    }
    expect(versions(await allPending(store, id))).toEqual(range(1, 51));
  });

  test('a database that is away throws, and a call can be aborted', async () => {
    const id = newId();
    await expect(dyingAfter(0).store.save(holder(1), state(1), pending(id, 1), never)).rejects.toThrow();
    const aborted = AbortSignal.abort();
    await expect(store.save(holder(1), state(1), pending(id, 1), aborted)).rejects.toThrow();
    expect(await loadOne(store, id)).toBeUndefined();
  });
});
