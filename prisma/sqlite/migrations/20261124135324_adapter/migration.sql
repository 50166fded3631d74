-- RedefineTables
PRAGMA defer_foreign_keys=ON;
PRAGMA foreign_keys=OFF;
CREATE TABLE "new_Mapping" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "name" TEXT NOT NULL,
    "onlineAgentId" TEXT NOT NULL,
    "assistantAgentId" TEXT NOT NULL,
    "listenAddress" TEXT,
    "listenPort" INTEGER NOT NULL,
    "listenLastPort" INTEGER,
    "targetAddress" TEXT NOT NULL,
    "targetPort" INTEGER NOT NULL,
    "targetLastPort" INTEGER,
    "multiplier" REAL NOT NULL,
    "pacing" TEXT NOT NULL,
    "midStream" TEXT NOT NULL DEFAULT 'boundary',
    "adapter" TEXT NOT NULL DEFAULT 'turns',
    "selection" JSONB,
    "sources" JSONB,
    "desired" TEXT NOT NULL,
    "relayIdentity" TEXT NOT NULL,
    "relayKey" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" DATETIME NOT NULL,
    CONSTRAINT "Mapping_onlineAgentId_fkey" FOREIGN KEY ("onlineAgentId") REFERENCES "Agent" ("id") ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT "Mapping_assistantAgentId_fkey" FOREIGN KEY ("assistantAgentId") REFERENCES "Agent" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
INSERT INTO "new_Mapping" ("assistantAgentId", "createdAt", "desired", "id", "listenAddress", "listenLastPort", "listenPort", "midStream", "multiplier", "name", "onlineAgentId", "pacing", "relayIdentity", "relayKey", "selection", "sources", "targetAddress", "targetLastPort", "targetPort", "updatedAt") SELECT "assistantAgentId", "createdAt", "desired", "id", "listenAddress", "listenLastPort", "listenPort", "midStream", "multiplier", "name", "onlineAgentId", "pacing", "relayIdentity", "relayKey", "selection", "sources", "targetAddress", "targetLastPort", "targetPort", "updatedAt" FROM "Mapping";
DROP TABLE "Mapping";
ALTER TABLE "new_Mapping" RENAME TO "Mapping";
CREATE UNIQUE INDEX "Mapping_name_key" ON "Mapping"("name");
CREATE INDEX "Mapping_onlineAgentId_idx" ON "Mapping"("onlineAgentId");
CREATE INDEX "Mapping_assistantAgentId_idx" ON "Mapping"("assistantAgentId");
PRAGMA foreign_keys=ON;
PRAGMA defer_foreign_keys=OFF;
