"""Carewright: a clinic workspace built around the medical assistant; the chart is FHIR R4."""
