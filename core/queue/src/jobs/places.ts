/** A bounded number of places; who finds none waits for its turn. */
export interface Places {
  take<T>(work: () => Promise<T>): Promise<T>;
}

export function createPlaces(count: number): Places {
  const waiting: (() => void)[] = [];
  let free = count;
  function giveBack(): void {
    const next = waiting.shift();
    if (next === undefined) free++;
    else next();
  }
  return {
    async take(work) {
      if (free > 0) free--;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      try {
        return await work();
      } finally {
        giveBack();
      }
    },
  };
}
