export const simulateYear = async (_days: number) => ({
  handOvers: 0,
  violations: [] as { atMs: number; invariant: string; message: string }[],
});
