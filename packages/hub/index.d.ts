/** An account that was linked: its id in the hub, and the provider it is with. */
export interface LinkedAccount {
  id: string;
  provider: string;
}

/** Why the Hub cannot be shown: a stable code, and what a developer can do about it. */
export interface HubProblem {
  code: string;
  message: string;
}

export interface HubEventMap {
  /** The Hub shows its first page. */
  ready: CustomEvent<Record<string, never>>;
  /** An account was linked, or linked anew. */
  success: CustomEvent<LinkedAccount>;
  /** An account is to be confirmed by your server; `id` is the pending link's. */
  pending: CustomEvent<LinkedAccount>;
  /** Somebody pressed Close. The element stays: what becomes of it is up to you. */
  close: CustomEvent<Record<string, never>>;
  /** Does not bubble. */
  error: CustomEvent<HubProblem>;
}

/** What the element takes, as HTML writes it. */
export interface HubAttributes {
  /** The connect session's token, which your server gets from `POST /connect_sessions`. */
  token?: string;
  /** Where the hub is: `https://hub.example.com`. */
  "base-url"?: string;
  mode?: "integration-picker";
  /** `auto` (as high as what it shows), a number of pixels, or any CSS length. */
  height?: string;
  theme?: "light" | "dark";
  /** Open on this account, to edit it. */
  "account-id"?: string;
  /** What the button at the end says in place of “Close”. */
  "on-close-label"?: string;
  lang?: string;
}

export declare class HubElement extends HTMLElement {
  token: string;
  /** Take on the colors (`--hub-accent` …) that the page's style gives the element now. */
  refreshTheme(): void;
  addEventListener<K extends keyof HubEventMap>(
    type: K,
    listener: (this: HubElement, event: HubEventMap[K]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<K extends keyof HubEventMap>(
    type: K,
    listener: (this: HubElement, event: HubEventMap[K]) => void,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | EventListenerOptions,
  ): void;
}

declare global {
  interface HTMLElementTagNameMap {
    "jackfield-hub": HubElement;
  }
}
