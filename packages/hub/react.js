"use client";

import { createElement, useCallback, useEffect, useRef } from "react";

const ATTRIBUTES = {
  token: "token",
  baseUrl: "base-url",
  mode: "mode",
  height: "height",
  theme: "theme",
  accountId: "account-id",
  onCloseLabel: "on-close-label",
  lang: "lang",
};
const EVENTS = {
  ready: "onReady",
  success: "onSuccess",
  pending: "onPending",
  close: "onClose",
  error: "onError",
};

/** The `<jackfield-hub>` element as a component; React 18 does not know its events, so they are bound here. */
export function JackfieldHub({ className, style, ref, ...props }) {
  const element = useRef(null);
  const latest = useRef(props);
  const attributes = { class: className, style };
  for (const [prop, attribute] of Object.entries(ATTRIBUTES)) {
    if (props[prop]) attributes[attribute] = props[prop];
  }

  useEffect(() => {
    latest.current = props;
  });
  useEffect(() => {
    const hub = element.current;
    const pass = (event) => {
      if (event.target === hub) latest.current[EVENTS[event.type]]?.(event.detail);
    };
    for (const type of Object.keys(EVENTS)) hub.addEventListener(type, pass);
    // Only a browser has elements; a server that renders this has none to define.
    import("./dist/hub.js");
    return () => {
      for (const type of Object.keys(EVENTS)) hub.removeEventListener(type, pass);
    };
  }, []);

  const hold = useCallback(
    (hub) => {
      element.current = hub;
      if (typeof ref === "function") ref(hub);
      else if (ref) ref.current = hub;
    },
    [ref],
  );
  return createElement("jackfield-hub", { ...attributes, ref: hold });
}
