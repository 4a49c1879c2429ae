/** What a monitor does, in order. What it cannot finish in time is named by this. */
export type Phase = 'loading' | 'opening' | 'running' | 'closing' | 'closing-store' | 'flushing';
