import type { CSSProperties, DetailedHTMLProps, HTMLAttributes, ReactElement, Ref } from "react";
import type { HubAttributes, HubElement, HubProblem, LinkedAccount } from "./index.js";

export interface JackfieldHubProps {
  /** The connect session's token, which your server gets from `POST /connect_sessions`. */
  token?: string;
  /** Where the hub is: `https://hub.example.com`. */
  baseUrl: string;
  mode?: "integration-picker";
  /** `auto` (as high as what it shows), a number of pixels, or any CSS length. */
  height?: string;
  theme?: "light" | "dark";
  /** Open on this account, to edit it. */
  accountId?: string;
  /** What the button at the end says in place of “Close”. */
  onCloseLabel?: string;
  lang?: string;
  className?: string;
  style?: CSSProperties;
  /** The element, as React 19 passes refs on. */
  ref?: Ref<HubElement>;
  onReady?: () => void;
  onSuccess?: (account: LinkedAccount) => void;
  /** The account is to be confirmed by your server; `id` is the pending link's. */
  onPending?: (link: LinkedAccount) => void;
  onClose?: () => void;
  onError?: (problem: HubProblem) => void;
}

export declare function JackfieldHub(props: JackfieldHubProps): ReactElement;

declare module "react" {
  namespace JSX {
    interface IntrinsicElements {
      "jackfield-hub": DetailedHTMLProps<HTMLAttributes<HubElement>, HubElement> & HubAttributes;
    }
  }
}

export type { HubElement, HubProblem, LinkedAccount } from "./index.js";
