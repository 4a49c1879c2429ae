/** Hands over together what is given in one turn of the event loop: a save that travels between threads as a message of
 *  its own costs 9 µs on both sides together, among 40 others 5. */
export const oncePerTurn = <Value>(hand: (values: readonly Value[]) => void): ((value: Value) => void) => {
  let values: Value[] = [];
  const flush = (): void => {
    const all = values;
    values = [];
    hand(all);
  };
  return value => {
    if (values.push(value) === 1) setImmediate(flush);
  };
};
