declare const brand: unique symbol;
/** Unique over all files; an inline target is named after its endpoint: `<endpoint id>/1`. */
export type TargetName = string & { readonly [brand]: 'TargetName' };
