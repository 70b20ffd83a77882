/** Processors at work in this process, so that the end of a build or request reaches them. */
export interface ActiveJobs {
  add(subject: string, controller: AbortController): () => void;
  abort(subject: string, reason: Error): void;
  abortAll(reason: Error): void;
  subjects(): string[];
}

export function createActiveJobs(): ActiveJobs {
  const active = new Map<AbortController, string>();
  return {
    add(subject, controller) {
      active.set(controller, subject);
      return () => active.delete(controller);
    },
    abort(subject, reason) {
      for (const [controller, of] of active) if (of === subject) controller.abort(reason);
    },
    abortAll(reason) {
      for (const controller of active.keys()) controller.abort(reason);
    },
    subjects: () => [...new Set(active.values())],
  };
}
