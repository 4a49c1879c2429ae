/** A binary heap. An element must not change its order while it is in it. */
export const createHeap = <Element>(isBefore: (one: Element, other: Element) => boolean) => {
  const elements: Element[] = [];
  const at = (index: number): Element => elements[index] as Element;

  const swap = (one: number, other: number): void => {
    const element = at(one);
    elements[one] = at(other);
    elements[other] = element;
  };
  const rise = (index: number): void => {
    for (let child = index; child > 0; ) {
      const parent = (child - 1) >> 1;
      if (!isBefore(at(child), at(parent))) return;
      swap(child, parent);
      child = parent;
    }
  };
  const sink = (): void => {
    for (let parent = 0; ; ) {
      const [left, right] = [2 * parent + 1, 2 * parent + 2];
      let first = parent;
      if (left < elements.length && isBefore(at(left), at(first))) first = left;
      if (right < elements.length && isBefore(at(right), at(first))) first = right;
      if (first === parent) return;
      swap(first, parent);
      parent = first;
    }
  };

  return {
    size: (): number => elements.length,
    peek: (): Element | undefined => elements[0],
    push: (element: Element): void => {
      elements.push(element);
      rise(elements.length - 1);
    },
    pop: (): Element | undefined => {
      const first = elements[0];
      const last = elements.pop();
      if (elements.length > 0) {
        elements[0] = last as Element;
        sink();
      }
      return first;
    },
  };
};
