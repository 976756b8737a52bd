import type { HubElement } from "@jackfield/hub";
import { JackfieldHub } from "@jackfield/hub/react";

const hub: HubElement = document.createElement("jackfield-hub");
hub.addEventListener("success", ({ detail }) => detail.id satisfies string);
hub.addEventListener("error", ({ detail }) => detail.code satisfies string);
// @ts-expect-error - nothing was linked yet
hub.addEventListener("ready", ({ detail }) => detail.id.length);

export const shown = <JackfieldHub token="" baseUrl="" onSuccess={({ provider }) => provider.length} />;
// @ts-expect-error - it is to be said where the hub is
export const nowhere = <JackfieldHub token="" />;
// @ts-expect-error - there are two
export const themed = <JackfieldHub baseUrl="" theme="pink" />;
export const written = <jackfield-hub token="" base-url="" theme="dark" />;
// @ts-expect-error - an element has attributes
export const miswritten = <jackfield-hub baseUrl="" />;
