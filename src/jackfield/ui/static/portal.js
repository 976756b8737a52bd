/**
 * <jackfield-portal token="…" base-url="https://hub.example.com"></jackfield-portal>
 *
 * Shows a customer's own page inside a page of a product, as <jackfield-hub> shows the Hub. The
 * token opens it once: the product's server makes another for each time the page is loaded.
 *
 * Events: ready, error {code, message}.
 */

import { HubElement } from "./hub.js";

const NAME = "jackfield-portal";

export class PortalElement extends HubElement {
  static frames = "hub/portal_frames";
  static words = {
    en: ["Connections", "This cannot be shown right now."],
    de: ["Verbindungen", "Das kann gerade nicht angezeigt werden."],
    fr: ["Connexions", "Affichage impossible pour le moment."],
    es: ["Conexiones", "No se puede mostrar en este momento."],
    ja: ["接続", "現在表示できません。"],
  };
}

if (!customElements.get(NAME)) customElements.define(NAME, PortalElement);
