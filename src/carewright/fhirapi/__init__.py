"""The FHIR R4 REST API: one file per interaction. https://hl7.org/fhir/R4/http.html"""
