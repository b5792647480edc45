# May this access token be used? Yes, while its session lives.
package use_access_token

import data.sessions

decision := sessions.decision
