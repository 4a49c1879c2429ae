import { type Meter, meters, type Price, priceOf, type Service, type Usage } from './prices.ts';

export type Costs = {
  readonly totalUsd: number;
  /** Every service that is used. */
  readonly byService: { readonly [service in Service]?: number };
};

export const sumUsage = (usages: readonly Usage[]): Usage => {
  const sum: { [meter in Meter]?: number } = {};
  for (const usage of usages)
    for (const meter of meters) if (usage[meter]) sum[meter] = (sum[meter] ?? 0) + usage[meter];
  return sum;
};

export const timesUsage = (count: number, usage: Usage): Usage => {
  const product: { [meter in Meter]?: number } = {};
  for (const meter of meters) if (usage[meter]) product[meter] = usage[meter] * count;
  return product;
};

const usdOf = ({ usd, tiers = [] }: Price, quantity: number): number => {
  let cost = 0;
  let from = 0;
  let rate = usd;
  for (const tier of [...tiers, { from: Number.POSITIVE_INFINITY, usd: 0 }]) {
    cost += rate * Math.max(0, Math.min(quantity, tier.from) - from);
    from = tier.from;
    rate = tier.usd;
  }
  return cost;
};

/** A month's bill. The free tiers are an account's: they count only where nothing else uses them. */
export const billOf = (usage: Usage, { freeTier }: { readonly freeTier: boolean }): Costs => {
  const byService: { [service in Service]?: number } = {};
  for (const meter of meters) {
    const quantity = usage[meter] ?? 0;
    if (quantity === 0) continue;
    const price = priceOf(meter);
    const usd = usdOf(price, freeTier ? Math.max(0, quantity - price.free) : quantity);
    byService[price.service] = (byService[price.service] ?? 0) + usd;
  }
  return { totalUsd: Object.values(byService).reduce((sum, usd) => sum + usd, 0), byService };
};
