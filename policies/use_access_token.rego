# METADATA
# title: May this access token be used?
# description: >-
#   Yes, while its session lives.
# scope: package
# entrypoint: true
# schemas:
#   - input: schema.session_question
# custom:
#   answer: decision
package use_access_token

import data.sessions

decision := sessions.decision
